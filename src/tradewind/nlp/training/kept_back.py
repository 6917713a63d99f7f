"""What is kept back of a seller's own texts, and what is told of a model held against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.evaluation import measures
from tradewind.nlp.examples import DataError, Example
from tradewind.nlp.training.calibration import best_temperature

LEAST_LABELS, LEAST_ROWS = 2, 10
_ONE_IN = 10


def labels_of(examples: Sequence[Example]) -> list[str]:
    """The labels, sorted; ``DataError`` where there is too little to learn from."""
    counts = Counter(example.label for example in examples)
    if len(counts) < LEAST_LABELS or len(examples) < LEAST_ROWS:
        raise DataError(
            f"too little to learn from: {len(examples)} texts with {len(counts)} labels, "
            f"wanted at least {LEAST_ROWS} texts and {LEAST_LABELS} labels"
        )
    return sorted(counts)


def split(wanted: NDArray[np.int64], seed: int) -> tuple[list[int], list[int]]:
    """What is kept back (every tenth of each label) and what is learned from."""
    chance = np.random.default_rng(seed)
    back: list[int] = []
    for label in np.unique(wanted):
        members = chance.permutation(np.flatnonzero(wanted == label))
        back += members[: len(members) // _ONE_IN].tolist()
    if not back:  # few of every label: a tenth of all, whatever they are
        back = chance.permutation(len(wanted))[: max(1, len(wanted) // _ONE_IN)].tolist()
    kept = set(back)
    return sorted(back), [n for n in range(len(wanted)) if n not in kept]


def what_was_seen(
    examples: Sequence[Example], learned: Sequence[int], back: Sequence[int]
) -> dict[str, Any]:
    """A card's words on the texts: how many, and of which languages where that is told."""
    languages = Counter(examples[n].language for n in learned if examples[n].language)
    return {
        "examples": len(learned),
        "kept_back": len(back),
        "languages": dict(sorted(languages.items())),
    }


def judged(
    labels: Sequence[str], scores: NDArray[np.float32], wanted: NDArray[np.int64]
) -> dict[str, Any]:
    """A card's words after a look at what was kept back: figures, and how to read the scores."""
    pairs = [(labels[w], labels[g]) for w, g in zip(wanted, scores.argmax(1), strict=True)]
    return {
        "temperature": best_temperature(scores, wanted),
        "figures": {
            "accuracy": round(measures.share([w == g for w, g in pairs]), 4),
            "macro_f1": round(measures.macro_f1(pairs), 4),
        },
    }
