"""A seller's own model: any set of labels, over the encoder's meaning of a text and its n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.features import bag, hash_ngrams
from tradewind.nlp.fold import fold
from tradewind.nlp.linear import softmax

CARD, WEIGHTS = "card.json", "weights.npz"
KIND = "own"
Floats = NDArray[np.float32]


class Choice(NamedTuple):
    """A label and its chance (0-1)."""

    label: str
    chance: float


@dataclass(frozen=True, slots=True)
class Features:
    """A text as the model sees it: its n-grams' buckets and its meaning."""

    buckets: NDArray[np.int64]
    meaning: Floats


@dataclass(frozen=True, slots=True)
class OwnWeights:
    """``ngrams`` buckets x labels (int8 times ``scale``), ``meaning`` size x labels.

    A meaning is shifted by ``mean`` and divided by ``spread`` first.
    """

    ngrams: NDArray[np.int8]
    scale: Floats
    meaning: Floats
    bias: Floats
    mean: Floats
    spread: Floats


class OwnModel:
    """Ranks its labels for a text. The network is the one it was taught with."""

    def __init__(self, card: dict[str, Any], weights: OwnWeights, network: Network) -> None:
        self.card, self._weights, self._network = card, weights, network
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.version = str(card["version"])

    def rank(self, texts: Sequence[str]) -> list[list[Choice]]:
        """For each text every label with its chance, likeliest first."""
        return [self._rank(features(text, self._network)) for text in texts]

    def _rank(self, seen: Features) -> list[Choice]:
        logits = self.logits(seen) / float(self.card["temperature"])
        chances = softmax(logits)
        order = np.argsort(-chances, kind="stable").tolist()
        return [Choice(self.labels[n], round(float(chances[n]), 4)) for n in order]

    def logits(self, seen: Features) -> Floats:
        """The score of each label."""
        own = self._weights
        total = own.ngrams[seen.buckets].sum(axis=0, dtype=np.float32) * own.scale
        norm = np.float32(1 / np.sqrt(max(1, len(seen.buckets))))
        meaning = (seen.meaning - own.mean) / own.spread
        result: Floats = total * norm + meaning @ own.meaning + own.bias
        return result

    def ngrams_for(self, label: str) -> NDArray[np.int8]:
        """What each bucket of n-grams says for a label."""
        column: NDArray[np.int8] = self._weights.ngrams[:, self.labels.index(label)]
        return column


def features(text: str, network: Network) -> Features:
    """What a model learns from and judges by."""
    return Features(bag(hash_ngrams(fold(text).text)), network.score(text).meaning)


def save(folder: Path, card: dict[str, Any], weights: OwnWeights) -> None:
    """Write a model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: getattr(weights, name) for name in OwnWeights.__slots__}
    np.savez_compressed(folder / WEIGHTS, **arrays)
    (folder / CARD).write_bytes(orjson.dumps(card, option=orjson.OPT_INDENT_2))


def load(folder: Path, network: Network) -> OwnModel:
    """A model from its folder; ``ValueError`` says what is wrong with it."""
    path = folder / CARD
    if not path.is_file():
        raise ValueError(f"{folder}: no model here (no {CARD})")
    card = orjson.loads(path.read_bytes())
    if card.get("kind") != KIND:
        raise ValueError(f"{path}: expected a model of kind {KIND!r}, got {card.get('kind')!r}")
    if card["encoder"] != network.card.version:
        raise ValueError(
            f"{path}: taught with {card['encoder']}, but {network.card.version} is installed; "
            "train it anew"
        )
    with np.load(folder / WEIGHTS) as stored:
        weights = OwnWeights(**{name: stored[name] for name in OwnWeights.__slots__})
    return OwnModel(card, weights, network)
