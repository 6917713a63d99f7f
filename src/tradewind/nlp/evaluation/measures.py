"""Figures of one field: right shares, F1, calibration, coverage. Plain numbers in and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

BINS = 15
L = TypeVar("L", bound=Hashable)


def share(marks: Sequence[bool]) -> float:
    """The share of marks that are true; 0 of none."""
    return sum(marks) / len(marks) if marks else 0.0


def f1(right: int, claimed: int, wanted: int) -> float:
    """The harmonic mean of precision and recall from counts; 0 where nothing was right.

    1 where there was nothing to find and nothing was said to be there.
    """
    return 2 * right / (claimed + wanted) if claimed + wanted else 1.0


def by_label(pairs: Iterable[tuple[L, L]]) -> dict[L, dict[str, float]]:
    """Precision, recall, F1 and count (``n``) of each wanted label, from (wanted, got) pairs."""
    pairs = list(pairs)
    wanted = Counter(gold for gold, _ in pairs)
    claimed = Counter(got for _, got in pairs)
    right = Counter(gold for gold, got in pairs if gold == got)
    return {
        label: {
            "precision": right[label] / claimed[label] if claimed[label] else 0.0,
            "recall": right[label] / count,
            "f1": f1(right[label], claimed[label], count),
            "n": count,
        }
        for label, count in sorted(wanted.items(), key=str)
    }


def macro_f1(pairs: Iterable[tuple[L, L]]) -> float:
    """The mean F1 of the labels that occur among the wanted ones."""
    found = by_label(pairs)
    return sum(each["f1"] for each in found.values()) / len(found) if found else 0.0


def sets_f1(pairs: Iterable[tuple[set[L], set[L]]]) -> float:
    """Micro-F1 over (wanted, got) sets."""
    pairs = list(pairs)
    right = sum(len(wanted & got) for wanted, got in pairs)
    return f1(right, sum(len(got) for _, got in pairs), sum(len(wanted) for wanted, _ in pairs))


def confusions(pairs: Iterable[tuple[L, L]], most: int) -> list[tuple[L, L, int]]:
    """The commonest mistakes as (wanted, got, how often)."""
    wrong = Counter((gold, got) for gold, got in pairs if gold != got)
    return [(gold, got, count) for (gold, got), count in wrong.most_common(most)]


def calibration(
    confidences: Sequence[float], marks: Sequence[bool]
) -> tuple[float, list[tuple[float, float, int]]]:
    """The expected calibration error and its bins as (mean confidence, share right, count).

    Fifteen bins of equal width; empty ones are left out (Guo et al. 2017).
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, mark in zip(confidences, marks, strict=True):
        bins.setdefault(min(BINS - 1, int(confidence * BINS)), []).append((confidence, mark))
    rows = [
        (sum(c for c, _ in part) / len(part), share([mark for _, mark in part]), len(part))
        for _, part in sorted(bins.items())
    ]
    error = sum(abs(mean - right) * count for mean, right, count in rows)
    return error / max(1, len(marks)), rows


def coverage_curve(
    confidences: Sequence[float], marks: Sequence[bool]
) -> list[tuple[float, float, float]]:
    """For each bar of confidence: (bar, share of messages at or above it, share right of those).

    From the highest bar to the lowest.
    """
    ranked = sorted(zip(confidences, marks, strict=True), reverse=True)
    rights = accumulate(int(mark) for _, mark in ranked)
    rows = []
    for n, ((bar, _), right) in enumerate(zip(ranked, rights, strict=True), 1):
        if n == len(ranked) or ranked[n][0] < bar:
            rows.append((bar, n / len(ranked), right / n))
    return rows


def bar_for(curve: Sequence[tuple[float, float, float]], precision: float) -> tuple[float, float]:
    """The lowest bar that still holds the precision, and its coverage; (1, 0) where none does."""
    holding = [(bar, covered) for bar, covered, right in curve if right >= precision]
    return holding[-1] if holding else (1.0, 0.0)
