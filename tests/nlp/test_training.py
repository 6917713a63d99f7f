"""Training is repeatable and what it makes can be kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tradewind.nlp.contract import Text
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.linear import LinearReader, load_weights
from tradewind.nlp.training.descent import Recipe
from tradewind.nlp.training.linear import train

# Nonsense words, so that only what was learned can tell the two apart.
ROWS = [
    Labelled(f"{word} zorblat {n}", "xx", "xx", intent, (), "none", "calm", (), "normal")
    for n in range(12)
    for word, intent in (("quibberish", "order.invoice"), ("flommeldap", "order.cancel"))
]


def test_what_was_learned_is_read_and_shown(tmp_path: Path) -> None:
    out = tmp_path / "model.npz"
    train(ROWS, out, 7, recipe=Recipe(epochs=20))
    (reading,) = LinearReader(load_weights(out)).read([Text("please flommeldap it")])
    assert reading.intent == "order.cancel"
    shown = {("please flommeldap it")[e.start : e.end] for e in reading.evidence}
    assert "flommeldap" in shown


def test_the_same_rows_and_seed_give_the_same_weights() -> None:
    first, second = (train(ROWS, None, 7, recipe=Recipe(epochs=2)) for _ in range(2))
    assert np.array_equal(first.ngrams, second.ngrams)
    assert np.array_equal(first.cues, second.cues)


def test_a_model_for_other_labels_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "model.npz"
    train(ROWS, out, 7, recipe=Recipe(epochs=1))
    monkeypatch.setattr("tradewind.nlp.linear.FIELDS", {"intent": ("other",)})
    with pytest.raises(ValueError, match=r"model.npz: made for other labels"):
        load_weights(out)
