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
    _reads(tmp_path / "whole")


def _reads(folder: Path) -> None:
    reader = cascade_with(Stage(EncoderReader(Network(folder)), unless=ALWAYS))
    text = "Wo ist mein Paket?"
    (reading,) = reader.read([Text(text)])
    assert reading.model == "small-1"
    assert reading.intent in INTENTS
    assert 0 < reading.confidence < 1
    assert all(text[each.start : each.end].strip() for each in reading.evidence)
