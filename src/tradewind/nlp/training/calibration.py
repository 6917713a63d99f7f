"""Making confidences mean what they say, on messages that were not learned from."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.evaluation import measures

Floats = NDArray[np.float32]
_TEMPERATURES = np.geomspace(0.4, 4.0, 93)
_BARS = np.linspace(-3, 6, 181)
_MOST_INVENTED = 0.008
_OFFSETS = np.linspace(-1.5, 1.5, 31)
_ROUNDS = 3


def best_temperature(scores: Floats, wanted: NDArray[np.int64]) -> float:
    """What to divide scores by so that the wanted labels are least surprising (Guo et al. 2017).

    ``scores`` are messages x labels, ``wanted`` the index of each message's label.
    """
    losses = [surprise(scores / temperature, wanted) for temperature in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 3)


def surprise(logits: Floats, wanted: NDArray[np.int64]) -> float:
    """The mean surprise (nats) at the wanted labels, where scores are taken for logits."""
    shifted = logits - logits.max(1, keepdims=True)
    total = np.log(np.exp(shifted).sum(1))
    return float((total - shifted[np.arange(len(wanted)), wanted]).mean())


def best_bar(scores: Floats, wanted: NDArray[np.bool_]) -> tuple[float, float]:
    """The best micro-F1 that rarely invents a threat, and the score from which it believes one.

    ``scores`` and ``wanted`` are messages x threats. Rarely: on at most 0.8 % of the messages
    that hold none.
    """
    quiet = ~wanted.any(1)
    best, best_f1 = float(_BARS[-1]), -1.0
    for bar in _BARS:
        got = scores >= bar
        invented = float(got[quiet].any(1).mean()) if quiet.any() else 0.0
        f1 = 2 * (got & wanted).sum() / max(1, got.sum() + wanted.sum())
        if invented <= _MOST_INVENTED and f1 > best_f1:
            best, best_f1 = float(bar), float(f1)
    return best_f1, round(best, 3)


def best_offsets(scores: Floats, wanted: NDArray[np.int64]) -> list[float]:
    """What to add to each label's scores for the best macro-F1, found label by label.

    ``scores`` are messages x labels. Of equal offsets the smaller is taken.
    """
    offsets = np.zeros(scores.shape[1], np.float32)

    def worth(label: int, offset: float) -> tuple[float, float]:
        tried = offsets.copy()
        tried[label] = offset
        given = (scores + tried).argmax(1).tolist()
        return measures.macro_f1(zip(wanted.tolist(), given, strict=True)), -abs(offset)

    for _ in range(_ROUNDS):
        for label in range(len(offsets)):
            offsets[label] = max(_OFFSETS.tolist(), key=partial(worth, label))
    return [round(float(each), 2) for each in offsets]
