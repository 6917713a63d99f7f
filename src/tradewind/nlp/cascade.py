"""Readers one after another: each later one sees only what the earlier was not sure of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tradewind.nlp.contract import Reader, Reading, Text
from tradewind.nlp.linear import LinearReader, shipped_weights
from tradewind.nlp.reader import default_reader

SURE = 0.93
"""The confidence from which the cue reader's word stands; its precision: models/README.md."""


class Cascade:
    """``stages`` are (reader, confidence from which its reading stands); the last always stands."""

    def __init__(self, stages: Sequence[tuple[Reader, float]]) -> None:
        if not stages:
            raise ValueError("a cascade needs at least one reader, got none")
        self._stages = tuple(stages)
        self.version = "+".join(reader.version for reader, _ in stages)

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order; the same whether read alone or in a batch."""
        readings: list[Reading] = []
        for number, (reader, _) in enumerate(self._stages):
            if number == 0:
                readings = reader.read(texts)
                continue
            sure = self._stages[number - 1][1]
            unsure = [n for n, reading in enumerate(readings) if reading.confidence < sure]
            for n, better in zip(unsure, reader.read([texts[n] for n in unsure]), strict=True):
                readings[n] = better
        return readings


@cache
def default_cascade() -> Reader:
    """The best reader that ships: cues, then the linear model where it is installed."""
    weights = shipped_weights()
    first = default_reader()
    if weights is None:
        return first
    return Cascade([(first, SURE), (LinearReader(weights, first), 0.0)])
