"""The encoder as PyTorch teaches it; ``export.py`` turns it into what ``nlp.encoder`` runs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tradewind.nlp.training.base import Base

_EPSILON = 1e-12


class Layer(nn.Module):
    """One layer of a BERT encoder: attention and two projections, each normed after its sum."""

    def __init__(self, size: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.asked = nn.Linear(size, 3 * size)
        self.answered = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size, eps=_EPSILON)
        self.widened = nn.Linear(size, inner)
        self.narrowed = nn.Linear(inner, size)
        self.last_norm = nn.LayerNorm(size, eps=_EPSILON)

    def forward(self, states: Tensor, mask: Tensor | None, drop: float) -> Tensor:
        """``states`` texts x pieces x size; ``mask`` true where a piece is."""
        texts, pieces, size = states.shape
        parted = self.asked(states).view(texts, pieces, 3, self.heads, size // self.heads)
        query, key, value = parted.permute(2, 0, 3, 1, 4)
        heard = _attend(query, key, value, mask)
        heard = heard.transpose(1, 2).reshape(texts, pieces, size)
        states = self.norm(states + functional.dropout(self.answered(heard), drop, self.training))
        widened = functional.gelu(self.widened(states))
        narrowed = functional.dropout(self.narrowed(widened), drop, self.training)
        return self.last_norm(states + narrowed)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    # Written out: the fused form's way back is so slow on processors that whole lessons take
    # half as long again.
    nearness = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    if mask is not None:
        nearness = nearness.masked_fill(~mask, float("-inf"))
    return nearness.softmax(-1).to(value.dtype) @ value


class Encoder(nn.Module):
    """Vectors of pieces to states of pieces. The vectors themselves are not taught."""

    def __init__(self, *, size: int, heads: int, inner: int, positions: int, layers: int) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.zeros(positions, size))
        self.kind = nn.Parameter(torch.zeros(size))
        self.norm = nn.LayerNorm(size, eps=_EPSILON)
        self.layers = nn.ModuleList(Layer(size, heads, inner) for _ in range(layers))

    def forward(self, vectors: Tensor, mask: Tensor | None = None, drop: float = 0.0) -> Tensor:
        """``mask`` is texts x pieces, true where a piece is; None: everywhere."""
        states = self.norm(vectors + self.places[: vectors.shape[1]] + self.kind)
        states = functional.dropout(states, drop, self.training)
        seen = None if mask is None else mask[:, None, None, :]
        for layer in self.layers:
            states = layer(states, seen, drop)
        return states


class Labeller(nn.Module):
    """An encoder, and for each field a weighing of pieces and a score for each label.

    A label's score is the sum over pieces of weight times (state · label), so that what each
    piece gave to it is known: that is the evidence. The encoder is called with texts as it takes
    them, a mask and a share to drop, and has ``layers``.
    """

    def __init__(self, encoder: nn.Module, *, fields: list[int], size: int) -> None:
        """``fields`` counts the labels of each field."""
        super().__init__()
        self.encoder, self.fields = encoder, fields
        self.weigh = nn.Linear(size, len(fields))
        self.label = nn.Linear(size, sum(fields))
        nn.init.zeros_(self.weigh.weight)
        nn.init.normal_(self.label.weight, std=0.02)
        nn.init.zeros_(self.label.bias)

    def forward(
        self, texts: Tensor, mask: Tensor | None = None, drop: float = 0.0
    ) -> tuple[Tensor, ...]:
        """Scores of labels, and the pieces' shares of them."""
        return self._judge(self.encoder(texts, mask, drop).float(), mask, drop)

    def _judge(self, states: Tensor, mask: Tensor | None, drop: float) -> tuple[Tensor, Tensor]:
        weights = self.weigh(states)
        if mask is not None:
            weights = weights.masked_fill(~mask[..., None], -1e4)
        weights = weights.softmax(1)
        spread = torch.cat(
            [weights[..., n : n + 1].expand(-1, -1, many) for n, many in enumerate(self.fields)], -1
        )
        states_seen = functional.dropout(states, drop, self.training)
        shares = spread * functional.linear(states_seen, self.label.weight)
        return shares.sum(1) + self.label.bias, shares


class LabelNetwork(Labeller):
    """The shipped encoder's: it names the language as well, and gives a text's meaning."""

    def __init__(self, encoder: nn.Module, *, fields: list[int], languages: int, size: int) -> None:
        super().__init__(encoder, fields=fields, size=size)
        self.language = nn.Linear(size, languages)

    def forward(
        self, texts: Tensor, mask: Tensor | None = None, drop: float = 0.0
    ) -> tuple[Tensor, ...]:
        """Scores of labels, the pieces' shares of them, scores of languages, the mean state."""
        states = self.encoder(texts, mask, drop).float()
        scores, shares = self._judge(states, mask, drop)
        if mask is None:
            mean = states.mean(1)
        else:
            mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return scores, shares, self.language(mean), mean


def encoder_from(base: Base, layers: list[int]) -> Encoder:
    """The base's encoder with only the layers named, in their order."""
    encoder = Encoder(
        size=base.size,
        heads=base.heads,
        inner=base.inner,
        positions=base.positions,
        layers=len(layers),
    )
    state = {
        "places": base.numbers("emb.pos").reshape(base.positions, base.size),
        "kind": base.numbers("emb.type")[: base.size],
        "norm.weight": base.numbers("emb.ln.w"),
        "norm.bias": base.numbers("emb.ln.b"),
    }
    for n, layer in enumerate(layers):
        state |= {f"layers.{n}.{name}": value for name, value in _layer(base, layer).items()}
    encoder.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return encoder


def _layer(base: Base, layer: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    where = f"l{layer}."
    found = {
        "asked.weight": np.concatenate([base.matrix(f"{where}{w}.w", base.size) for w in "qkv"]),
        "asked.bias": np.concatenate([base.numbers(f"{where}{w}.b") for w in "qkv"]),
    }
    for ours, theirs, columns in (
        ("answered", "ao", base.size),
        ("widened", "fi", base.size),
        ("narrowed", "fo", base.inner),
    ):
        found[f"{ours}.weight"] = base.matrix(f"{where}{theirs}.w", columns)
        found[f"{ours}.bias"] = base.numbers(f"{where}{theirs}.b")
    for ours, theirs in (("norm", "aln"), ("last_norm", "oln")):
        found[f"{ours}.weight"] = base.numbers(f"{where}{theirs}.w")
        found[f"{ours}.bias"] = base.numbers(f"{where}{theirs}.b")
    return found
