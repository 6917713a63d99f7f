"""What the encoder is taught with: labelled messages as word pieces and targets."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from anyascii import anyascii
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor
from torch import Tensor

from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, INTENTS, THREATS, URGENCIES
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.tags import bare
from tradewind.nlp.training.batching import alike
from tradewind.nlp.training.disguise import disguised

FIELDS: dict[str, tuple[str, ...]] = {
    "intent": INTENTS,
    "complaint": COMPLAINTS,
    "emotion": EMOTIONS,
    "urgency": URGENCIES,
    "threats": THREATS,
}
WIDTH = sum(map(len, FIELDS.values()))
UNKNOWN = -1
"""The target of a language that is not told."""
_ALSO_WEIGHT = 0.12
_SAMPLED = 0.3
"""How often a text is cut into pieces by chance (Kudo 2018), so that no one cut is relied on."""
_SMOOTHNESS = 0.15
_ROMANISED = frozenset({"ar", "bg", "el", "fa", "hi", "ru", "uk"})
"""Languages whose buyers also write in Latin letters, and whose letters stand for sounds."""
_ROMANISED_SHARE = 0.08


@dataclass(slots=True)
class Batch:
    """Texts of like length, ready for the network."""

    vectors: Tensor
    mask: Tensor
    targets: Tensor
    languages: Tensor
    weights: Tensor
    numbers: NDArray[np.int64]
    """Which examples these are."""


@dataclass(slots=True)
class Examples:
    """Labelled messages and how to show them to the network."""

    rows: Sequence[Labelled]
    weights: Sequence[float]
    pieces: SentencePieceProcessor
    vectors: NDArray[np.float32]
    languages: Sequence[str]
    most: int
    marks: dict[str, int]
    targets: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.targets = torch.stack([_target(row) for row in self.rows])

    def batches(self, size: int, chance: random.Random) -> Iterator[Batch]:
        """Every example once, in disguise, in batches of like length in an order of chance."""
        shown = [self._shown(row, chance) for row in self.rows]
        ids = [self._ids(text, chance) for text, _ in shown]
        for numbers in alike([len(row) for row in ids], size, chance):
            languages = [shown[n][1] for n in numbers]
            yield self._batch(numbers, [ids[n] for n in numbers], languages)

    def plain_batches(self, size: int) -> Iterator[Batch]:
        """Every example as it is, for measuring."""
        ids = [self._ids(row.text, None) for row in self.rows]
        order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
        for start in range(0, len(order), size):
            numbers = order[start : start + size]
            languages = [bare(self.rows[n].language) for n in numbers]
            yield self._batch(numbers, [ids[n] for n in numbers], languages)

    def _shown(self, row: Labelled, chance: random.Random) -> tuple[str, str]:
        """The text in disguise, at times in Latin letters, and the language it is then in."""
        language = bare(row.language)
        if language in _ROMANISED and chance.random() < _ROMANISED_SHARE:
            return anyascii(row.text), f"{language}-Latn"
        return disguised(row.text, chance), language

    def _ids(self, text: str, chance: random.Random | None) -> list[int]:
        if chance and chance.random() < _SAMPLED:
            found = self.pieces.encode(text, enable_sampling=True, alpha=_SMOOTHNESS, nbest_size=-1)
        else:
            found = self.pieces.encode(text)
        most = self.most - 2
        if len(found) > most:
            head = most * 3 // 4
            found = found[:head] + found[head - most :]
        return [self.marks["start"], *found, self.marks["end"]]

    def _batch(self, numbers: list[int], ids: list[list[int]], languages: list[str]) -> Batch:
        longest = max(map(len, ids))
        pad = self.marks["pad"]
        table = np.array([row + [pad] * (longest - len(row)) for row in ids])
        known = {tag: n for n, tag in enumerate(self.languages)}
        return Batch(
            vectors=torch.from_numpy(self.vectors[table]),
            mask=torch.from_numpy(table != pad),
            targets=self.targets[numbers],
            languages=torch.tensor([known.get(language, UNKNOWN) for language in languages]),
            weights=torch.tensor([self.weights[n] for n in numbers]),
            numbers=np.array(numbers),
        )


def _target(row: Labelled) -> Tensor:
    """1 for what is true; a further intent gets a little of the first one's."""
    target = torch.zeros(WIDTH)
    start = 0
    for name, labels in FIELDS.items():
        if name == "threats":
            for threat in row.threats:
                target[start + labels.index(threat)] = 1
        else:
            target[start + labels.index(getattr(row, name))] = 1
        start += len(labels)
    also = [intent for intent in row.also if intent != row.intent]
    if also:
        target[INTENTS.index(row.intent)] = 1 - _ALSO_WEIGHT
        for intent in also:
            target[INTENTS.index(intent)] = _ALSO_WEIGHT / len(also)
    return target
