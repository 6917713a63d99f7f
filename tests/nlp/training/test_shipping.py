"""The lesson that makes the shipped encoder, whole, on a small random base and few messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nlp.training.conftest import WITHOUT_TORCH, kill_once_there
from tradewind.nlp import corpus
from tradewind.nlp.cascade import Stage, cascade_with
from tradewind.nlp.contract import INTENTS, Text
from tradewind.nlp.own.reader import ALWAYS

torch = pytest.importorskip("torch", reason=WITHOUT_TORCH)

from tradewind.nlp.encoder.network import Network  # noqa: E402
from tradewind.nlp.encoder.reader import EncoderReader  # noqa: E402
from tradewind.nlp.training import shipping  # noqa: E402

ROWS = [row for group in ("de", "en") for row in corpus.read("train", group)[:40]]
TAUGHT_FEW = """
import sys
from tests.nlp.training import test_shipping
test_shipping.shipping.corpus.read_all = lambda part: test_shipping.ROWS
test_shipping.shipping.main(sys.argv[1:])
"""


def test_a_lesson_killed_and_resumed_ships_the_folder_of_an_unbroken_one(
    base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping.corpus, "read_all", lambda part: ROWS)
    made = {}
    for name in ("killed", "whole"):
        out, keep = tmp_path / name, tmp_path / f"{name}.pt"
        told = ["--base", base("ours"), "--out", out, "--keep", keep, "--name", "small-1"]
        words = [*map(str, told), "--layers", "2", "--epochs", "15", "--threads", "1"]
        if name == "killed":
            kill_once_there(["-c", TAUGHT_FEW, *words], keep)
            assert torch.load(keep)["epoch"] < 15
            assert not out.exists()
        shipping.main(words)
        made[name] = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(made["whole"]) == {"card.json", "network.onnx", "pieces.spm", "vectors.q4"}
    assert made["killed"] == made["whole"]
    _reads(tmp_path / "whole", as_model="small-1")


def test_a_lesson_goes_on_from_another_ones_state_with_a_language_more(
    base: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.pt", tmp_path / "second.pt"
    told = ["--base", str(base("ours")), "--layers", "2", "--threads", "1", "--out"]
    for rows, words in (
        (ROWS, [str(tmp_path / "a"), "--epochs", "3", "--keep", str(first)]),
        (
            [*ROWS, *corpus.read("train", "fr")[:20]],
            [str(tmp_path / "b"), "--epochs", "1", "--rate", "1e-9",
             "--keep", str(second), "--start", str(first)],
        ),
    ):  # fmt: skip
        monkeypatch.setattr(shipping.corpus, "read_all", lambda part, rows=rows: rows)
        shipping.main([*told, *words])
    was, now = torch.load(first)["network"], torch.load(second)["network"]
    assert torch.allclose(was["label.weight"], now["label.weight"], atol=1e-4)
    assert len(now["language.weight"]) == len(was["language.weight"]) + 1
    _reads(tmp_path / "b", as_model="encoder-1")


def _reads(folder: Path, *, as_model: str) -> None:
    reader = cascade_with(Stage(EncoderReader(Network(folder)), unless=ALWAYS))
    text = "Wo ist mein Paket?"
    (reading,) = reader.read([Text(text)])
    assert reading.model == as_model
    assert reading.intent in INTENTS
    assert 0 < reading.confidence < 1
    assert all(text[each.start : each.end].strip() for each in reading.evidence)
