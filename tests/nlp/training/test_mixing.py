"""What ships is believed as far as it deserves, and its helper counts as far as it helps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from tradewind.nlp import corpus
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.linear import FIELDS, SLICES, WIDTH
from tradewind.nlp.training.calibration import best_offsets
from tradewind.nlp.training.mixing import mixture

ROWS = corpus.read("train", "en")[::4]


def wise(row: Labelled) -> np.ndarray[Any, Any]:
    """Scores that know the truth, though not too surely."""
    scores = np.zeros(WIDTH, np.float32)
    for name, labels in FIELDS.items():
        for label in row.threats if name == "threats" else [getattr(row, name)]:
            scores[SLICES[name].start + labels.index(label)] = 3
    return scores


class Reader:
    """Knows the truth of every row, or says as much of one label as of another by chance."""

    def __init__(self, *, is_wise: bool) -> None:
        chance = np.random.default_rng(3)
        noise = [chance.normal(size=WIDTH).astype(np.float32) for _ in ROWS]
        self._scores = {
            row.text: wise(row) if is_wise else scores
            for row, scores in zip(ROWS, noise, strict=True)
        }
        self.card = SimpleNamespace(fields={name: list(each) for name, each in FIELDS.items()})

    def score(self, text: str) -> Any:
        return SimpleNamespace(labels=self._scores[text])

    def scores(self, sight: Any) -> np.ndarray[Any, Any]:
        return self._scores[sight.item.text]


def mixed(*, network_is_wise: bool, linear_is_wise: bool) -> Any:
    network, linear = Reader(is_wise=network_is_wise), Reader(is_wise=linear_is_wise)
    return mixture(cast(Any, network), cast(Any, linear), ROWS)


def test_a_helper_that_knows_more_weighs_as_much_as_it_may() -> None:
    found = mixed(network_is_wise=False, linear_is_wise=True)
    assert set(found.beside) == set(FIELDS)
    assert found.beside["intent"] == 1.0


def test_a_helper_that_knows_nothing_is_not_asked() -> None:
    found = mixed(network_is_wise=True, linear_is_wise=False)
    assert "intent" not in found.beside
    assert "threats" not in found.beside
    assert 0 < found.threat_bar < 3


def test_scores_that_know_nothing_are_hardly_believed() -> None:
    silly = mixed(network_is_wise=False, linear_is_wise=False)
    sure = mixed(network_is_wise=True, linear_is_wise=False)
    assert silly.temperatures["intent"] > 2 * sure.temperatures["intent"]


def test_a_rare_label_is_helped_until_it_is_found() -> None:
    wanted = np.array([0] * 90 + [1] * 10)
    scores = np.zeros((100, 2), np.float32)
    scores[:, 0] = 1
    scores[90:, 1] = 0.8  # nearer than elsewhere, but never the best
    offsets = np.array(best_offsets(scores, wanted))
    assert ((scores + offsets).argmax(1) == wanted).all()
