"""Teaching a seller's own model from texts and labels: minutes on two cores, no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.examples import Example
from tradewind.nlp.own.meaning import (
    KIND,
    WEIGHTS,
    Features,
    MeaningModel,
    MeaningWeights,
    buckets,
    save,
)
from tradewind.nlp.training.descent import Part, Recipe, descend
from tradewind.nlp.training.keeping import STATE, finish
from tradewind.nlp.training.kept_back import judged, labels_of, split, what_was_seen
from tradewind.nlp.training.meanings import read_meanings

_MEANINGS = "meanings.f4"
_RECIPE = Recipe(epochs=12, rate=0.15, decay=2e-5)


def teach_own(
    examples: Sequence[Example],
    network: Network,
    out: Path,
    *,
    seed: int,
    told: Callable[[int, str], None] | None = None,
) -> dict[str, Any]:
    """Write a model's folder and give its card; a tenth is kept back to calibrate and judge on.

    ``told`` hears how many texts were looked at, then how far the learning is. The same
    examples and seed give the same model. Broken off, the reading goes on from ``out/state``.
    """
    labels = labels_of(examples)
    seen = _read(examples, network, out, told)
    wanted = np.array([labels.index(example.label) for example in examples])
    back, learned = split(wanted, seed)
    mean, spread = _scale([seen[n] for n in learned])
    targets = np.eye(len(labels), dtype=np.float32)[wanted[learned]]
    weights = _weights([seen[n] for n in learned], targets, mean, spread, seed, told)
    card: dict[str, Any] = {
        "kind": KIND,
        "version": out.name,
        "encoder": network.card.version,
        "labels": labels,
        "temperature": 1.0,
        **what_was_seen(examples, learned, back),
        "seed": seed,
    }
    model = MeaningModel(card, weights, network)
    scores = np.stack([model.logits(seen[n]) for n in back])
    card |= judged(labels, scores, wanted[back])
    save(out / STATE, weights)
    finish(out, card, [WEIGHTS])
    return card


def _read(
    examples: Sequence[Example],
    network: Network,
    out: Path,
    told: Callable[[int, str], None] | None,
) -> list[Features]:
    (out / STATE).mkdir(parents=True, exist_ok=True)
    texts = [example.text for example in examples]
    meanings = read_meanings(texts, network, out / STATE / _MEANINGS, told=told)
    return [Features(buckets(text), each) for text, each in zip(texts, meanings, strict=True)]


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
