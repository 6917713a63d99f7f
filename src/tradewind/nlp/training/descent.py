"""Learning the weights of a linear model over hashed n-grams and dense features (AdaGrad)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.features import BUCKETS
from tradewind.nlp.linear import softmax

Floats = NDArray[np.float32]
_INT8 = 127


@dataclass(frozen=True, slots=True)
class Part:
    """A field's place among the labels; ``is_set``: each of its labels may be true by itself."""

    place: slice
    is_set: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to learn; the defaults are those of the shipped model."""

    epochs: int = 14
    rate: float = 0.25
    decay: float = 2e-5


@dataclass(slots=True)
class Learned:
    """Weights: buckets x labels, dense features x labels, labels."""

    ngrams: Floats
    dense: Floats
    bias: Floats

    def packed_ngrams(self) -> tuple[NDArray[np.int8], Floats]:
        """The n-grams' weights as int8, and the scale of each label's."""
        scale = np.maximum(np.abs(self.ngrams).max(axis=0) / _INT8, 1e-8).astype(np.float32)
        return np.rint(self.ngrams / scale).astype(np.int8), scale


def descend(  # what is learned from, how, and who watches
    bags: Sequence[NDArray[np.int64]],
    dense: Floats,
    targets: Floats,
    parts: Sequence[Part],
    *,
    recipe: Recipe,
    seed: int,
    told: Callable[[int], None] | None = None,
) -> Learned:
    """Weights that give the targets, the same for the same input and seed.

    ``bags`` hold the distinct buckets of each text, ``dense`` is texts x features, ``targets``
    texts x labels; ``told`` hears how many epochs are done.
    """
    chance = np.random.default_rng(seed)
    width = targets.shape[1]
    now = Learned(
        np.zeros((BUCKETS, width), np.float32),
        np.zeros((dense.shape[1], width), np.float32),
        np.zeros(width, np.float32),
    )
    seen = Learned(
        np.full((BUCKETS, width), 1e-2, np.float32),
        np.full_like(now.dense, 1.0),
        np.full_like(now.bias, 1.0),
    )
    for epoch in range(recipe.epochs):
        rate = recipe.rate * (1 - epoch / recipe.epochs)
        for n in chance.permutation(len(bags)):
            slope = _slope(now, bags[n], dense[n], targets[n], parts)
            _step(now, seen, bags[n], dense[n], slope, rate=rate, decay=recipe.decay)
        if told:
            told(epoch + 1)
    return now


def _slope(
    now: Learned,
    buckets: NDArray[np.int64],
    dense: Floats,
    target: Floats,
    parts: Sequence[Part],
) -> Floats:
    logits = now.ngrams[buckets].sum(axis=0) * _norm(buckets) + dense @ now.dense + now.bias
    chances = np.empty_like(logits)
    for part in parts:
        own = logits[part.place]
        chances[part.place] = 1 / (1 + np.exp(-own)) if part.is_set else softmax(own)
    result: Floats = chances - target
    return result


def _step(  # one example's slope and the state it changes
    now: Learned,
    seen: Learned,
    buckets: NDArray[np.int64],
    dense: Floats,
    slope: Floats,
    *,
    rate: float,
    decay: float,
) -> None:
    gram = slope * _norm(buckets)
    seen.ngrams[buckets] += gram * gram
    now.ngrams[buckets] -= rate * (
        gram / np.sqrt(seen.ngrams[buckets]) + decay * now.ngrams[buckets]
    )
    present = np.flatnonzero(dense)
    step = np.outer(dense[present], slope)
    seen.dense[present] += step * step
    now.dense[present] -= rate * step / np.sqrt(seen.dense[present])
    seen.bias += slope * slope
    now.bias -= rate * slope / np.sqrt(seen.bias)


def _norm(buckets: NDArray[np.int64]) -> np.float32:
    return np.float32(1 / np.sqrt(max(1, len(buckets))))
