"""A seller's own model held against texts and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

from tradewind.nlp.evaluation import measures
from tradewind.nlp.examples import Example
from tradewind.nlp.own.contract import OwnModel

_BATCH = 64
_MOST_CONFUSIONS = 25


def judge_own(
    model: OwnModel,
    examples: Sequence[Example],
    *,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Accuracy, macro-F1, correlation (MCC), calibration, and each label's figures."""
    pairs: list[tuple[str, str]] = []
    confidences: list[float] = []
    for start in range(0, len(examples), _BATCH):
        part = examples[start : start + _BATCH]
        for example, ranked in zip(part, model.rank([each.text for each in part]), strict=True):
            pairs.append((example.label, ranked[0].label))
            confidences.append(ranked[0].chance)
        if progress:
            progress(len(pairs))
    marks = [wanted == got for wanted, got in pairs]
    return {
        "model": model.version,
        "texts": len(pairs),
        "accuracy": measures.share(marks),
        "macro_f1": measures.macro_f1(pairs),
        "mcc": correlation(pairs),
        "calibration_error": measures.calibration(confidences, marks)[0],
        "labels": measures.by_label(pairs),
        "confusions": measures.confusions(pairs, _MOST_CONFUSIONS),
    }


def correlation(pairs: Sequence[tuple[str, str]]) -> float:
    """Matthews correlation for any number of labels (Gorodkin 2004); 0 where nothing varies."""
    total = len(pairs)
    right = sum(wanted == got for wanted, got in pairs)
    labels = {label for pair in pairs for label in pair}
    wanted = {label: sum(w == label for w, _ in pairs) for label in labels}
    claimed = {label: sum(g == label for _, g in pairs) for label in labels}
    above = right * total - sum(wanted[label] * claimed[label] for label in labels)
    left = total**2 - sum(count**2 for count in claimed.values())
    down = total**2 - sum(count**2 for count in wanted.values())
    return above / sqrt(left * down) if left and down else 0.0
