"""What is cut before reading."""

from __future__ import annotations

import time

import pytest

from tradewind.nlp.clean import html_to_text, new_part


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It broke.\n\nOn Mon, 3 Nov 2025 at 10:00, Seller <s@x.com> wrote:\n> hi", "It broke."),
        ("Kaputt.\n\nAm 3.11.2025 um 10:00 schrieb Laden <s@x.com>:\n> hallo", "Kaputt."),
        ("坏了\n\n在 2025年11月3日，卖家 <s@x.com> 写道：\n> 你好", "坏了"),
        ("kaputt\n\nVon meinem iPhone gesendet", "kaputt"),
        ("thanks\n-- \nJane Doe", "thanks"),
        ("> only a quotation", "> only a quotation"),
    ],
)
def test_history_and_signatures_are_cut_from_the_end(text: str, kept: str) -> None:
    assert new_part(text) == kept
    assert text.startswith(kept)


def test_html_becomes_what_a_reader_sees() -> None:
    html = "<head><title>x</title></head><script>alert(1)</script><p>Hi&nbsp;there</p><p>a\0b"
    assert html_to_text(html).split() == ["Hi", "there", "ab"]


@pytest.mark.parametrize("html", ["<div>" * 50_000, "<" * 300_000, "<script " * 50_000, "\0", ""])
def test_broken_html_is_survived_quickly(html: str) -> None:
    start = time.process_time()
    html_to_text(html)
    assert time.process_time() - start < 2
