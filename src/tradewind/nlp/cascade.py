"""Readers one after another: each sees only what those before it were not sure of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol

from tradewind.nlp.contract import Reader, Reading, Text
from tradewind.nlp.encoder.reader import EncoderReader, shipped_network
from tradewind.nlp.linear import LinearReader, shipped_weights
from tradewind.nlp.reader import FirstReader, Sight, default_reader

CUES_SURE = 0.98
LINEAR_SURE = 0.95
"""The confidence from which a stage's word stands; what it is worth: models/README.md."""


class Rereader(Protocol):
    """A reader that can go on from the first reader's look and an earlier reading."""

    version: str

    def reread(self, sight: Sight, reading: Reading) -> Reading:
        """The better reading; may be the given one, changed."""
        ...


class Stage(NamedTuple):
    """A reader, and the confidence of the readings before it from which it is not asked."""

    reader: Rereader
    unless: float


class Cascade:
    """The cue reader, then the stages: each message is looked at once, and judged until sure."""

    def __init__(self, first: FirstReader, stages: Sequence[Stage]) -> None:
        self._first, self._stages = first, stages
        self.version = "+".join([first.version, *(stage.reader.version for stage in stages)])

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order; the same whether read alone or in a batch."""
        return [self._judge(sight) for sight in self._first.look(texts)]

    def _judge(self, sight: Sight) -> Reading:
        reading = self._first.judge(sight)
        for stage in self._stages:
            if reading.confidence < stage.unless:
                reading = stage.reader.reread(sight, reading)
        return reading


@cache
def default_cascade() -> Reader:
    """The best reader that ships: cues, then the linear model, then the encoder.

    A stage whose weights were left out of the installation is left out here.
    """
    return cascade_with()


def cascade_with(*more: Stage, encoder: bool = True) -> Reader:
    """The reader that ships, with its encoder or without, and further stages after its own."""
    first = default_reader()
    stages = [*_shipped_stages(first, encoder=encoder), *more]
    return Cascade(first, stages) if stages else first


def _shipped_stages(first: FirstReader, *, encoder: bool) -> list[Stage]:
    weights, network = shipped_weights(), shipped_network() if encoder else None
    linear = LinearReader(weights, first) if weights else None
    stages = [Stage(linear, unless=CUES_SURE)] if linear else []
    if network:
        stages.append(Stage(EncoderReader(network, beside=linear), unless=LINEAR_SURE))
    return stages
