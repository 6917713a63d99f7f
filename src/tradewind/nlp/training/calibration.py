"""Making confidences mean what they say, on messages that were not learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_TEMPERATURES = np.geomspace(0.4, 4.0, 93)
_BARS = np.linspace(-3, 6, 181)
_MOST_INVENTED = 0.008


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
