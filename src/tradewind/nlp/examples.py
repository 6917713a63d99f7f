"""Texts with a label each, of any set of labels: what a seller's own model is taught with."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable
from typing import NamedTuple

import orjson

_MOST_FAULTS = 10


class Example(NamedTuple):
    """A text, its label and, where that is told, its language."""

    text: str
    label: str
    language: str = ""


class DataError(ValueError):
    """The data cannot be learned from; the message says where and why."""


def read_examples(lines: Iterable[bytes], *, name: str) -> list[Example]:
    """Examples from JSONL with ``text`` and ``label``; ``DataError`` lists the bad lines."""
    found: list[Example] = []
    faults: list[str] = []
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line.removeprefix(BOM_UTF8))
        except orjson.JSONDecodeError as error:
            faults.append(f"line {n}: not JSON ({error})")
            continue
        text, label = (row.get("text"), row.get("label")) if isinstance(row, dict) else (None, None)
        if isinstance(label, int) and not isinstance(label, bool):
            label = str(label)
        if not (isinstance(text, str) and text.strip() and isinstance(label, str) and label):
            faults.append(f'line {n}: expected "text" and "label" as text')
        else:
            language = row.get("language", row.get("lang"))
            found.append(Example(text, label, language if isinstance(language, str) else ""))
    if faults:
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise DataError(f"{name}:\n" + "\n".join(faults[:_MOST_FAULTS]) + more)
    return found
