"""Rows on a terminal: columns as wide as they must be, plain enough for other programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click


def show_rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the rows under their head; without rows one line that says so."""
    if not rows:
        click.echo("none", err=True)
        return
    table = [head, *rows]
    widths = [max(_width(row[n]) for row in table) for n in range(len(head))]
    for row in table:
        cells = [text + " " * (w - _width(text)) for text, w in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    # A Chinese character takes two places.
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
