"""What PyTorch taught becomes a folder that runs without it: pieces, vectors, network, card."""

from __future__ import annotations

import copy
import hashlib
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from tradewind.nlp.encoder.network import Card
from tradewind.nlp.training.base import Base
from tradewind.nlp.training.network import Labeller
from tradewind.nlp.training.pieces import write_vocabulary

FILES = ("pieces.spm", "vectors.q4", "network.onnx")
_EASE = 0.7


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
        self.projection = copy.deepcopy(projection)
        self.projection.weight.data = weights * spread
        self.register_buffer("inverse", 1 / spread)

    def forward(self, states: Tensor) -> Tensor:
        eased: Tensor = self.projection(states * self.inverse)
        return eased


@torch.no_grad()
def ease(network: Labeller, texts: Iterable[Tensor]) -> Labeller:
    """The same network, fit to be kept in int8; ``texts`` show how large its inputs become.

    Each text is what the network is given of it, 1 x pieces (x size).
    """
    eased: Labeller = copy.deepcopy(network)
    eased.float().eval()
    largest: dict[nn.Module, Tensor] = {}

    def watch(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen = given[0].abs().flatten(0, -2).amax(0)
        known = largest.get(module)
        largest[module] = seen if known is None else torch.maximum(known, seen)

    places = [
        (holder, name, module)
        for layer in eased.encoder.layers
        for holder in layer.modules()
        for name, module in holder.named_children()
        if isinstance(module, nn.Linear)
    ]
    hooks = [module.register_forward_pre_hook(watch) for _, _, module in places]
    for text in texts:
        eased(text)
    for hook in hooks:
        hook.remove()
    for holder, name, module in places:
        if module in largest:
            setattr(holder, name, _Eased(module, largest[module]))
    return eased


def export(network: Labeller, base: Base, kept: Sequence[int], card: Card, out: Path) -> None:
    """Write the shipped encoder's folder; what stood in it is replaced."""
    out.mkdir(parents=True, exist_ok=True)
    write_vocabulary(base, kept, out, most=card.pieces["most"])
    names = ("labels", "shares", "languages", "meaning")
    write_network(
        network, torch.zeros(1, 8, base.size), out / "network.onnx", given="vectors", names=names
    )
    sums = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in FILES}
    told = {"network": {name: getattr(card, name) for name in Card.__slots__}, "sha256": sums}
    (out / "card.json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def write_network(
    network: Labeller, text: Tensor, path: Path, *, given: str, names: Sequence[str]
) -> None:
    """The network in int8 for one text at a time; ``text`` is any, ``names`` those of its results.

    What it is ``given`` has any number of pieces, and so have the ``shares``.
    """
    network.float().eval()
    with TemporaryDirectory() as folder, _quiet():
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            network,
            (text,),
            str(full),
            input_names=[given],
            output_names=list(names),
            dynamic_axes={given: {1: "count"}, "shares": {1: "count"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, path, weight_type=QuantType.QInt8, per_channel=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """The tools say that they are old, trace shapes, and know a step more: nothing to act on."""
    was = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(was)
