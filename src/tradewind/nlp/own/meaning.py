"""The model that is taught in minutes: the encoder's meaning of a text and its n-grams, weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.features import bag, hash_ngrams
from tradewind.nlp.fold import fold
from tradewind.nlp.linear import telling_words
from tradewind.nlp.own.contract import CARD, Choice, Floats, ranked

WEIGHTS = "weights.npz"
KIND = "own"


@dataclass(frozen=True, slots=True)
class Features:
    """A text as the model sees it: its n-grams' buckets and its meaning."""

    buckets: NDArray[np.int64]
    meaning: Floats


@dataclass(frozen=True, slots=True)
class MeaningWeights:
    """``ngrams`` buckets x labels (int8 times ``scale``), ``meaning`` size x labels.

    A meaning is shifted by ``mean`` and divided by ``spread`` first.
    """

    ngrams: NDArray[np.int8]
    scale: Floats
    meaning: Floats
    bias: Floats
    mean: Floats
    spread: Floats


class MeaningModel:
    """Ranks its labels for a text. The network is the one it was taught with."""

    def __init__(self, card: dict[str, Any], weights: MeaningWeights, network: Network) -> None:
        self.card, self._weights, self._network = card, weights, network
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.version = str(card["version"])

    def rank(self, texts: Sequence[str]) -> list[list[Choice]]:
        """For each text every label with its chance, likeliest first."""
        temperature = float(self.card["temperature"])
        return [
            ranked(self.labels, self.logits(features(text, self._network)), temperature)
            for text in texts
        ]

    def logits(self, seen: Features) -> Floats:
        """The score of each label."""
        own = self._weights
        total = own.ngrams[seen.buckets].sum(axis=0, dtype=np.float32) * own.scale
        norm = np.float32(1 / np.sqrt(max(1, len(seen.buckets))))
        meaning = (seen.meaning - own.mean) / own.spread
        result: Floats = total * norm + meaning @ own.meaning + own.bias
        return result

    def telling(self, text: str, label: str) -> list[tuple[int, int]]:
        """The words whose n-grams speak most for a label."""
        folded = fold(text)
        column = self._weights.ngrams[:, self.labels.index(label)]
        words = telling_words(folded.text, hash_ngrams(folded.text), column)
        return [folded.span(*word) for word in words]


def features(text: str, network: Network) -> Features:
    """What a model learns from and judges by."""
    return Features(buckets(text), network.score(text).meaning)


def buckets(text: str) -> NDArray[np.int64]:
    """The buckets of a text's n-grams."""
    return bag(hash_ngrams(fold(text).text))


def save(folder: Path, weights: MeaningWeights) -> None:
    """Write the weights into a model's folder."""
    arrays = {name: getattr(weights, name) for name in MeaningWeights.__slots__}
    np.savez_compressed(folder / WEIGHTS, **arrays)


def load(folder: Path, card: dict[str, Any], network: Network) -> MeaningModel:
    """A model from its folder; ``ValueError`` where it belongs to another encoder."""
    if card["encoder"] != network.card.version:
        raise ValueError(
            f"{folder / CARD}: taught with {card['encoder']}, but {network.card.version} is "
            "installed; train it anew"
        )
    with np.load(folder / WEIGHTS) as stored:
        weights = MeaningWeights(**{name: stored[name] for name in MeaningWeights.__slots__})
    return MeaningModel(card, weights, network)
