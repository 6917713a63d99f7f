"""`tradewind train` without PyTorch: the built-in kind, and what it says when more is asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from tests.learning.conftest import WORDS, SmallNetwork
from tradewind.core.errors import OperatorError
from tradewind.nlp.own.loading import load
from tradewind.project.cli import training
from tradewind.project.cli.training import train_command


class Counting(SmallNetwork):
    """Counts what it is asked, and is gone after so many texts."""

    def __init__(self, lasts: int = 10_000) -> None:
        self.asked, self._lasts = 0, lasts

    def score(self, text: str) -> SimpleNamespace:
        if self.asked == self._lasts:
            raise KeyboardInterrupt
        self.asked += 1
        return super().score(text)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [
        {"text": f"{word} zorblat {n}", "label": label, "language": "xx"}
        for n in range(20)
        for word, label in WORDS.items()
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def train(data: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(train_command, ["--data", str(data), "--out", str(out), *more])


def taught(monkeypatch: pytest.MonkeyPatch, network: Counting, data: Path, out: Path) -> Result:
    monkeypatch.setattr(training, "shipped_network", lambda: network)
    return train(data, out)


def test_it_learns_labels_of_ones_own(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Counting()
    told = taught(monkeypatch, network, data, tmp_path / "autumn")
    assert "2 labels from 36 texts" in told.output
    model = load(tmp_path / "autumn", network)
    (choices,) = model.rank(["flommeldap, please"])
    assert (choices[0].label, model.version) == ("order.cancel", "autumn")
    assert model.card["languages"] == {"xx": 36}


def test_a_lesson_broken_off_reads_no_text_twice_and_gives_the_same_model(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = tmp_path / "broken" / "autumn", tmp_path / "whole" / "autumn"
    assert taught(monkeypatch, Counting(lasts=25), data, broken).exit_code == 1
    assert not (broken / "card.json").exists()
    rest, all_ = Counting(), Counting()
    assert taught(monkeypatch, rest, data, broken).exit_code == 0
    assert taught(monkeypatch, all_, data, whole).exit_code == 0
    assert (rest.asked, all_.asked) == (40 - 24 + 1, 40 + 1)  # each asks first how long a row is
    assert (broken / "card.json").read_bytes() == (whole / "card.json").read_bytes()
    first, second = load(broken, rest), load(whole, all_)
    assert first.rank(["zorblat quib"]) == second.rank(["zorblat quib"])


def test_another_lesson_reads_anew(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "autumn"
    taught(monkeypatch, Counting(lasts=25), data, out)
    data.write_text(data.read_text().replace("zorblat", "gribble"))
    network = Counting()
    taught(monkeypatch, network, data, out)
    assert network.asked == 40 + 1


@pytest.mark.parametrize("name", ["torch", "onnx"])
def test_without_its_libraries_the_extra_is_named(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    told = train(data, tmp_path / "autumn", "--backend", "transformer")
    assert isinstance(told.exception, OperatorError)
    assert name in str(told.exception)
    assert "pip install 'tradewind[train]'" in str(told.exception)


def test_an_unknown_backend_is_refused(data: Path, tmp_path: Path) -> None:
    told = train(data, tmp_path / "autumn", "--backend", "oracle")
    assert told.exit_code == 2
    assert "'oracle' is not one of 'built-in', 'transformer'" in told.output


def test_what_only_transformers_know_is_refused_for_the_built_in_kind(
    data: Path, tmp_path: Path
) -> None:
    told = train(data, tmp_path / "autumn", "--class-weights")
    assert told.exit_code == 2
    assert "--class-weights is of --backend transformer" in told.output


def test_a_model_whose_library_is_missing_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = {"kind": "tuned", "pieces": {"most": 8, "pad": 0}}
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "network.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ValueError, match=r"tokenizers.*pip install 'tradewind\[hub\]'"):
        load(tmp_path, None)


def test_a_model_without_its_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"kind": "tuned"}))
    with pytest.raises(ValueError, match=r"card.json is there, but network.onnx is not"):
        load(tmp_path, None)
