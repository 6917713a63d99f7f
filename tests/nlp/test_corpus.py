"""The corpus is whole, and its checker notices when it is not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tradewind.nlp import corpus
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.corpus.checking import complaints, row_faults

GOOD = Labelled(
    "Order #1042 came broken", "en", "en", "logistics.damaged", (), "explicit", "calm", (),
    "normal", (("order_id", 6, 11),),
)  # fmt: skip


def test_nothing_is_wrong_with_the_corpus() -> None:
    # In a process of its own: watched for coverage it takes three times as long.
    command = [sys.executable, "-m", "tradewind.nlp.corpus.checking"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_number_that_is_marked_stands_where_it_is_said_to() -> None:
    row = next(row for row in corpus.read("train", "en") if row.entities)
    for kind, start, end in row.entities:
        assert any(character.isdigit() for character in row.text[start:end]) or kind == "sku"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (GOOD, None),
        (replace(GOOD, intent="logistics.lost"), "intent: 'logistics.lost' is none of ours"),
        (replace(GOOD, threats=("war",)), "threats: 'war' is none of ours"),
        (replace(GOOD, text=" "), "text: empty"),
        (replace(GOOD, also=("logistics.damaged",)), "also: repeats the intent logistics.damaged"),
        (replace(GOOD, entities=(("sku", 5, 11),)), "entity sku 5-11: ' #1042' is no number"),
        (replace(GOOD, entities=(("sku", 90, 99),)), "entity sku 90-99: '' is no number"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_with_what_is_wrong(row: Labelled, fault: str | None) -> None:
    assert fault in [*row_faults(row), None]
    assert bool(list(row_faults(row))) == (fault is not None)


def test_what_leaks_from_learned_to_held_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "train": [replace(GOOD, text="the blue kettle leaks water all over my kitchen table")],
        "held_out": [replace(GOOD, text="The blue kettle leaks water all over my kitchen tables!")],
    }
    monkeypatch.setattr(corpus, "groups", lambda: ("en",))
    monkeypatch.setattr(corpus, "read", lambda part, group: rows[part])
    found = list(complaints())
    assert "held_out/en.jsonl:1: much like train/en.jsonl:1" in found
    assert "train/en: 1 messages of logistics.damaged, wanted 16" in found
