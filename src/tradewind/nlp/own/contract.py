"""What every model of a seller's own can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.linear import softmax

CARD = "card.json"
Floats = NDArray[np.float32]


class Choice(NamedTuple):
    """A label and its chance (0-1)."""

    label: str
    chance: float


class OwnModel(Protocol):
    """Ranks its labels for a text and says which words speak for one of them."""

    card: dict[str, Any]
    labels: tuple[str, ...]
    version: str

    def rank(self, texts: Sequence[str]) -> list[list[Choice]]:
        """For each text every label with its chance, likeliest first."""
        ...

    def telling(self, text: str, label: str) -> list[tuple[int, int]]:
        """The places of the text that speak most for a label, in order."""
        ...


def ranked(labels: Sequence[str], scores: Floats, temperature: float) -> list[Choice]:
    """Scores of labels as chances, likeliest first."""
    chances = softmax(scores / temperature)
    order = np.argsort(-chances, kind="stable").tolist()
    return [Choice(labels[n], round(float(chances[n]), 4)) for n in order]
