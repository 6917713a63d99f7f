"""What is cut before reading."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tradewind.channels.mail.strip import strip
from tradewind.nlp.clean import new_part

MAILS = sorted((Path(__file__).parent / "data" / "mails").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It broke.\n\nOn Mon, 3 Nov 2025 at 10:00, Seller <s@x.com> wrote:\n> hi", "It broke."),
        ("Kaputt.\n\nAm 3.11.2025 um 10:00 schrieb Laden <s@x.com>:\n> hallo", "Kaputt."),
        ("坏了\n\n在 2025年11月3日，卖家 <s@x.com> 写道：\n> 你好", "坏了"),
        ("kaputt\n\nVon meinem iPhone gesendet", "kaputt"),
        ("thanks\n-- \nJane Doe", "thanks"),
        ("thanks\r\n\r\n-- \r\nJane Doe", "thanks"),
        ("> only a quotation", "> only a quotation"),
        ("Disclaimer: I am angry.\nWhere is it?", "Disclaimer: I am angry.\nWhere is it?"),
    ],
)
def test_history_and_signatures_are_cut_from_the_end(text: str, kept: str) -> None:
    assert new_part(text) == kept
    assert text.startswith(kept)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_mails_in_fifteen_languages_are_cut_to_what_their_buyers_wrote(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [new_part(row["text"]) for row in rows] == [row["kept"] for row in rows]
    # At arrival the same rules decide.
    assert [strip(row["text"]).text for row in rows] == [row["kept"] for row in rows]


def test_there_are_mails_enough_to_judge_by() -> None:
    assert len(MAILS) == 15
    assert sum(len(path.read_text("utf-8").splitlines()) for path in MAILS) >= 60


@pytest.mark.parametrize(
    "text",
    ["On " * 100_000, ">\n" * 100_000, "1 a@b 10:00:\n" * 30_000, "From: x\n" * 50_000,
     "-" * 200_000, "1 x:\n" * 40_000, "This e-mail and any\n" * 50_000, " \n" * 500_000],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    new_part(text)
    assert time.process_time() - start < 3
