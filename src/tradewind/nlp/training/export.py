"""What PyTorch taught becomes a folder that runs without it: pieces, vectors, network, card."""

from __future__ import annotations

import copy
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from tradewind.nlp.encoder.network import Card
from tradewind.nlp.training.base import Base
from tradewind.nlp.training.examples import write_pieces
from tradewind.nlp.training.network import LabelNetwork

FILES = ("pieces.spm", "vectors.q4", "network.onnx")
COMMON = 60_000
"""So many of the base's commonest pieces are kept even if no text of ours has them."""
_EASE = 0.7
_PROJECTIONS = ("asked", "answered", "widened", "narrowed")
_SCRIPTS = frozenset(
    {
        *("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "HIRAGANA", "KATAKANA", "HANGUL"),
        *("CJK", "THAI", "DEVANAGARI", "FULLWIDTH", "HALFWIDTH", "VARIATION"),
    }
)


class _Running(nn.Module):
    """The network as it runs: one text, no padding, no drop-out."""

    def __init__(self, network: LabelNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        scores, shares, languages, mean = self.network(vectors)
        return scores, shares, languages, mean


class _Eased(nn.Module):
    """A projection whose inputs are brought to like sizes first, its weights taking it back.

    A few inputs of each layer are far larger than the rest; with one scale for all of them int8
    would drown the small ones (SmoothQuant, Xiao et al. 2023).
    """

    def __init__(self, projection: nn.Linear, largest: Tensor) -> None:
        super().__init__()
        weights = projection.weight.detach()
        spread = largest.clamp(min=1e-3) ** _EASE / weights.abs().amax(0).clamp(min=1e-3) ** (
            1 - _EASE
        )
        spread = (spread / spread.mean()).clamp(1e-2, 1e3)
        self.projection = nn.Linear(projection.in_features, projection.out_features)
        self.projection.weight.data = weights * spread
        self.projection.bias.data = projection.bias.detach()
        self.register_buffer("inverse", 1 / spread)

    def forward(self, states: Tensor) -> Tensor:
        eased: Tensor = self.projection(states * self.inverse)
        return eased


@torch.no_grad()
def ease(network: LabelNetwork, texts: Iterable[Tensor]) -> LabelNetwork:
    """The same network, fit to be kept in int8; ``texts`` show how large its inputs become.

    Each text is its vectors, 1 x pieces x size.
    """
    eased: LabelNetwork = copy.deepcopy(network)
    eased.float().eval()
    places = [(layer, name) for layer in eased.encoder.layers for name in _PROJECTIONS]
    largest: dict[int, Tensor] = {}

    def watch(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen = given[0].abs().amax(dim=(0, 1))
        known = largest.get(id(module))
        largest[id(module)] = seen if known is None else torch.maximum(known, seen)

    hooks = [getattr(layer, name).register_forward_pre_hook(watch) for layer, name in places]
    for vectors in texts:
        eased(vectors)
    for hook in hooks:
        hook.remove()
    for layer, name in places:
        projection = getattr(layer, name)
        setattr(layer, name, _Eased(projection, largest[id(projection)]))
    return eased


def pieces_to_keep(base: Base, seen: Iterable[int]) -> list[int]:
    """The ids worth shipping: seen in our texts, common, or a single character we may meet."""
    kept = set(seen) | set(base.marks.values())
    for n, piece in enumerate(base.pieces):
        if n in kept or not _is_ours(piece):
            continue
        if n < COMMON or len(piece.removeprefix("▁")) <= 1:
            kept.add(n)
    return sorted(kept)


def _is_ours(piece: str) -> bool:
    return all(
        unicodedata.name(character, "?").split()[0].partition("-")[0] in _SCRIPTS
        for character in piece
        if character.isalpha() or unicodedata.category(character).startswith("M")
    )


def export(network: LabelNetwork, base: Base, kept: Sequence[int], card: Card, out: Path) -> None:
    """Write the folder; what stood in it is replaced."""
    out.mkdir(parents=True, exist_ok=True)
    renumbered = {old: new for new, old in enumerate(kept)}
    marks = {name: renumbered[n] for name, n in base.marks.items()}
    pieces = [base.pieces[n] for n in kept]
    write_pieces(pieces, base.chances[list(kept)].tolist(), marks, out / "pieces.spm")
    blocks = base.blocks("emb.word", base.size)[list(kept)]
    (out / "vectors.q4").write_bytes(np.ascontiguousarray(blocks).tobytes())
    _write_network(network, base.size, out / "network.onnx")
    sums = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in FILES}
    told = {"network": {name: getattr(card, name) for name in Card.__slots__}, "sha256": sums}
    (out / "card.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _write_network(network: LabelNetwork, size: int, path: Path) -> None:
    running = _Running(network.float()).eval()
    names = ["labels", "shares", "languages", "meaning"]
    with TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            running,
            (torch.zeros(1, 8, size),),
            str(full),
            input_names=["vectors"],
            output_names=names,
            dynamic_axes={"vectors": {1: "pieces"}, "shares": {1: "pieces"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, path, weight_type=QuantType.QInt8, per_channel=True)
