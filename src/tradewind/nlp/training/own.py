"""Teaching a seller's own model from texts and labels: minutes on two cores, no PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.evaluation import measures
from tradewind.nlp.examples import DataError, Example
from tradewind.nlp.own.meaning import KIND, Features, MeaningModel, MeaningWeights, features
from tradewind.nlp.training.calibration import best_temperature
from tradewind.nlp.training.descent import Part, Recipe, descend

LEAST_LABELS, LEAST_ROWS = 2, 10
_KEPT_BACK = 10
_RECIPE = Recipe(epochs=12, rate=0.15, decay=2e-5)


@dataclass(frozen=True, slots=True)
class Taught:
    """A model and how it was made: weights to save with its card."""

    card: dict[str, Any]
    weights: MeaningWeights


def teach_own(
    examples: Sequence[Example],
    network: Network,
    *,
    version: str,
    seed: int,
    told: Callable[[int, str], None] | None = None,
) -> Taught:
    """Learn from the examples; a tenth is kept back to calibrate on and to tell the figures of.

    ``told`` hears how many texts were looked at, then how far the learning is. The same
    examples and seed give the same model.
    """
    labels = _labels(examples)
    seen = []
    for n, example in enumerate(examples, 1):
        seen.append(features(example.text, network))
        if told:
            told(n, "reading")
    wanted = np.array([labels.index(example.label) for example in examples])
    back, learned = _split(wanted, seed)
    mean, spread = _scale([seen[n] for n in learned])
    targets = np.eye(len(labels), dtype=np.float32)[wanted[learned]]
    weights = _weights([seen[n] for n in learned], targets, mean, spread, seed, told)
    card: dict[str, Any] = {
        "kind": KIND,
        "version": version,
        "encoder": network.card.version,
        "labels": labels,
        "temperature": 1.0,
        "examples": len(learned),
        "kept_back": len(back),
        "seed": seed,
    }
    judged = MeaningModel(card, weights, network)
    logits = np.stack([judged.logits(seen[n]) for n in back])
    return Taught(card | _judged(labels, logits, wanted[back]), weights)


def _judged(
    labels: Sequence[str], logits: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """What the card says after a look at what was kept back."""
    pairs = [(labels[w], labels[g]) for w, g in zip(wanted, logits.argmax(1), strict=True)]
    return {
        "temperature": best_temperature(logits, wanted),
        "figures": {
            "accuracy": round(measures.share([w == g for w, g in pairs]), 4),
            "macro_f1": round(measures.macro_f1(pairs), 4),
        },
    }


def _labels(examples: Sequence[Example]) -> list[str]:
    counts = Counter(example.label for example in examples)
    if len(counts) < LEAST_LABELS or len(examples) < LEAST_ROWS:
        raise DataError(
            f"too little to learn from: {len(examples)} texts with {len(counts)} labels, "
            f"wanted at least {LEAST_ROWS} texts and {LEAST_LABELS} labels"
        )
    return sorted(counts)


def _split(wanted: np.ndarray[Any, Any], seed: int) -> tuple[list[int], list[int]]:
    """What is kept back (every tenth of each label) and what is learned from."""
    chance = np.random.default_rng(seed)
    back: list[int] = []
    for label in np.unique(wanted):
        members = chance.permutation(np.flatnonzero(wanted == label))
        back += members[: len(members) // _KEPT_BACK].tolist()
    if not back:  # few of every label: a tenth of all, whatever they are
        back = chance.permutation(len(wanted))[: max(1, len(wanted) // _KEPT_BACK)].tolist()
    kept = set(back)
    return sorted(back), [n for n in range(len(wanted)) if n not in kept]


def _scale(seen: Sequence[Features]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    meanings = np.stack([each.meaning for each in seen])
    return meanings.mean(0), meanings.std(0) + 1e-4


def _weights(  # the examples as numbers, and who watches
    seen: Sequence[Features],
    targets: np.ndarray[Any, Any],
    mean: np.ndarray[Any, Any],
    spread: np.ndarray[Any, Any],
    seed: int,
    told: Callable[[int, str], None] | None,
) -> MeaningWeights:
    meanings = (np.stack([each.meaning for each in seen]) - mean) / spread
    learned = descend(
        [each.buckets for each in seen],
        meanings.astype(np.float32),
        targets,
        [Part(slice(0, targets.shape[1]))],
        recipe=_RECIPE,
        seed=seed,
        told=_Epochs(len(seen), told) if told else None,
    )
    ngrams, scale = learned.packed_ngrams()
    return MeaningWeights(ngrams, scale, learned.dense, learned.bias, mean, spread)


@dataclass(frozen=True, slots=True)
class _Epochs:
    texts: int
    told: Callable[[int, str], None]

    def __call__(self, epoch: int) -> None:
        self.told(self.texts, f"learning, {epoch} of {_RECIPE.epochs}")


def out_folder_is_free(folder: Path) -> bool:
    """Whether a model may be written there: nothing is, or an older model."""
    return not folder.exists() or not any(folder.iterdir()) or (folder / "card.json").is_file()
