"""The course of a seller's own labels: texts cut into pieces, one wanted label each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tradewind.nlp.evaluation import measures
from tradewind.nlp.own.pieces import Cutter
from tradewind.nlp.training.batching import alike
from tradewind.nlp.training.loop import narrow
from tradewind.nlp.training.network import Labeller

_JUDGED_AT_ONCE = 32


@dataclass(slots=True)
class TextBatch:
    """Texts of like length: what the network is given, where pieces are, the wanted labels."""

    given: Tensor
    mask: Tensor
    wanted: Tensor
    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Texts:
    """The course: ``learned`` and ``back`` are numbers of texts, learned from and held back."""

    pieces: Sequence[NDArray[np.int64]]
    wanted: NDArray[np.int64]
    learned: Sequence[int]
    back: Sequence[int]
    cutter: Cutter
    lost: Callable[[Tensor, Tensor], Tensor]
    """The loss of scores and wanted labels."""

    @property
    def texts(self) -> int:
        """How many are learned from."""
        return len(self.learned)

    @property
    def judged(self) -> int:
        """How many are held back."""
        return len(self.back)

    def batches(self, size: int, chance: random.Random) -> Iterator[TextBatch]:
        """Every text to learn from once."""
        lengths = [len(self.pieces[n]) for n in self.learned]
        for numbers in alike(lengths, size, chance):
            yield self._batch([self.learned[n] for n in numbers])

    def loss(self, network: Labeller, batch: TextBatch, drop: float) -> Tensor:
        """What the network loses on a batch."""
        device = next(network.parameters()).device
        with narrow(device):
            scores = network(batch.given.to(device), batch.mask.to(device), drop)[0]
        return self.lost(scores, batch.wanted.to(device))

    @torch.no_grad()
    def judge(self, network: Labeller) -> float:
        """Macro-F1 on what is held back."""
        network.eval()
        device = next(network.parameters()).device
        pairs: list[tuple[int, int]] = []
        order = sorted(self.back, key=lambda n: len(self.pieces[n]))
        for start in range(0, len(order), _JUDGED_AT_ONCE):
            batch = self._batch(order[start : start + _JUDGED_AT_ONCE])
            with narrow(device):
                scores = network(batch.given.to(device), batch.mask.to(device))[0]
            pairs += zip(batch.wanted.tolist(), scores.argmax(1).tolist(), strict=True)
        return measures.macro_f1(pairs)

    def alone(self, numbers: Sequence[int]) -> Iterator[Tensor]:
        """Texts as the network is given them when it reads: one by one."""
        for n in numbers:
            yield torch.from_numpy(self.cutter.entry(self.pieces[n][None]))

    def _batch(self, numbers: list[int]) -> TextBatch:
        lengths = np.array([len(self.pieces[n]) for n in numbers])
        table = np.full((len(numbers), lengths.max()), self.cutter.pad, np.int64)
        for row, n in zip(table, numbers, strict=True):
            row[: len(self.pieces[n])] = self.pieces[n]
        return TextBatch(
            given=torch.from_numpy(self.cutter.entry(table)),
            mask=torch.from_numpy(np.arange(table.shape[1]) < lengths[:, None]),
            wanted=torch.from_numpy(self.wanted[numbers]),
            numbers=numbers,
        )
