"""Two readers one after another: the second sees only what the first was not sure of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from tradewind.nlp.contract import Reader, Reading, Text
from tradewind.nlp.linear import LinearReader, shipped_weights
from tradewind.nlp.reader import FirstReader, Sight, default_reader

SURE = 0.93
"""The confidence from which the cue reader's word stands; its precision: models/README.md."""


class Rereader(Protocol):
    """A reader that can go on from the first reader's look and reading."""

    version: str

    def reread(self, sight: Sight, reading: Reading) -> Reading:
        """The better reading; may be the given one, changed."""
        ...


class Cascade:
    """The cue reader, then one that goes on from what it saw: each message is looked at once."""

    def __init__(self, first: FirstReader, second: Rereader, *, sure: float) -> None:
        self._first, self._second, self._sure = first, second, sure
        self.version = f"{first.version}+{second.version}"

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order; the same whether read alone or in a batch."""
        readings = []
        for sight in self._first.look(texts):
            reading = self._first.judge(sight)
            is_sure = reading.confidence >= self._sure
            readings.append(reading if is_sure else self._second.reread(sight, reading))
        return readings


@cache
def default_cascade() -> Reader:
    """The best reader that ships: cues, then the linear model where it is installed."""
    weights = shipped_weights()
    first = default_reader()
    if weights is None:
        return first
    return Cascade(first, LinearReader(weights, first), sure=SURE)
