"""Small random encoders of every form learn a task through the command line, for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.nlp.training.conftest import TASK, WITHOUT_TORCH, given, kill_once_there, run, train
from tradewind.core.errors import OperatorError
from tradewind.nlp.cascade import Stage, cascade_with
from tradewind.nlp.contract import Reader, Text
from tradewind.nlp.own.loading import load
from tradewind.nlp.own.reader import ALWAYS, OwnReader
from tradewind.project.cli.judging import evaluate_command

torch = pytest.importorskip("torch", reason=WITHOUT_TORCH)
pytest.importorskip("transformers", reason=WITHOUT_TORCH)

Base = Callable[[str], Path]
# The reader's contract holds for a tuned model as for every other.
from tests.nlp.test_contract import *  # noqa: E402, F403


@pytest.fixture(scope="module", params=["ours", "xlm-roberta", "bert"])
def taught(
    request: pytest.FixtureRequest, data: Path, base: Base, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a model taught by the command line."""
    out = tmp_path_factory.mktemp(request.param) / "autumn"
    told = train(data, out, "--base", base(request.param), "--epochs", "12")
    assert told.exit_code == 0, told.output
    assert "2 labels from 54 texts" in told.output
    return out


@pytest.fixture
def reader(taught: Path) -> Reader:
    return cascade_with(Stage(OwnReader(load(taught, None)), unless=ALWAYS))


def test_it_learns_and_is_judged_by_evaluate(taught: Path, data: Path) -> None:
    told = CliRunner().invoke(evaluate_command, ["--model", str(taught), str(data), "--json"])
    figures = json.loads(told.stdout)
    assert figures["model"] == "autumn"
    assert figures["accuracy"] > 0.9
    assert figures["macro_f1"] > 0.9


def test_the_card_says_what_it_saw(taught: Path) -> None:
    card = json.loads((taught / "card.json").read_bytes())
    assert card["labels"] == sorted(TASK.values())
    assert (card["examples"], card["kept_back"], card["languages"]) == (54, 6, {"xx": 54})
    assert card["seed"] == 7
    assert 0.8 < card["figures"]["macro_f1"] <= 1
    assert card["temperature"] > 0
    assert card["base"] in ("ours", "xlm-roberta", "bert"), "no path of this machine"


def test_nothing_of_the_lesson_stays_but_the_model(taught: Path) -> None:
    pieces = {"tokenizer.json"} if (taught / "tokenizer.json").exists() else OURS
    assert {path.name for path in taught.iterdir()} == {"card.json", "network.onnx"} | pieces


OURS = {"pieces.spm", "vectors.q4"}


def test_words_of_the_text_are_shown_for_the_label(reader: Reader) -> None:
    text = "please flommeldap zorblat 5"
    (reading,) = reader.read([Text(text, subject="zorblat")])
    shown = [text[e.start : e.end] for e in reading.evidence if e.label == "order.cancel"]
    assert reading.intent == "order.cancel"
    assert shown
    # Each piece knows of its neighbours in an encoder, so any word may have told.
    assert all(set(words.split()) <= set(text.split()) for words in shown)


def test_it_runs_without_pytorch_and_transformers(taught: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['torch'] = sys.modules['transformers'] = sys.modules['onnx'] = None\n"
        "from pathlib import Path\n"
        "from tradewind.nlp.own.loading import load\n"
        f"(choices,) = load(Path({str(taught)!r}), None).rank(['please quibberish zorblat 3'])\n"
        "print(choices[0].label)\n"
    )
    assert run(["-c", program]) == "order.invoice"


def test_a_lesson_killed_and_resumed_gives_the_model_of_an_unbroken_one(
    data: Path, base: Base, tmp_path: Path
) -> None:
    how = ("--base", base("xlm-roberta"), "--epochs", "25", "--patience", "0")
    killed, whole = tmp_path / "killed" / "autumn", tmp_path / "whole" / "autumn"
    command = ["-m", "tradewind", "train", *given(data, killed, *how)]
    kill_once_there(command, killed / "state" / "lesson.pt")
    assert torch.load(killed / "state" / "lesson.pt")["epoch"] < 25
    assert not (killed / "card.json").exists()
    otherwise = train(data, killed, *how, "--loss", "focal")
    assert "other texts or settings" in str(otherwise.exception)
    for out in (killed, whole):
        assert train(data, out, *how).exit_code == 0
    for name in ("card.json", "network.onnx"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_losses_and_weights_make_other_models(data: Path, base: Base, tmp_path: Path) -> None:
    made = set()
    for n, more in enumerate([(), ("--loss", "focal"), ("--class-weights", "--seed", "8")]):
        out = tmp_path / str(n) / "autumn"
        told = train(data, out, "--base", base("ours"), "--epochs", "1", *more)
        assert told.exit_code == 0, told.output
        made.add((out / "network.onnx").read_bytes())
    assert len(made) == 3


@pytest.mark.parametrize("name", ["nowhere/at/all", "./nothing", "/nothing"])
def test_a_base_that_is_not_there_is_refused(name: str, data: Path, tmp_path: Path) -> None:
    told = train(data, tmp_path / "autumn", "--base", name)
    assert isinstance(told.exception, OperatorError)
    assert f"--base {name}: no such folder" in str(told.exception)


def test_a_folder_without_a_model_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = train(data, tmp_path / "autumn", "--base", tmp_path / "empty")
    assert isinstance(told.exception, OperatorError)
    assert "cannot be loaded" in str(told.exception)


def test_one_label_is_too_little(base: Base, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "label": "b"}\n' * 20)
    told = train(path, tmp_path / "autumn", "--base", base("ours"))
    assert isinstance(told.exception, OperatorError)
    assert "20 texts with 1 labels, wanted at least" in str(told.exception)
