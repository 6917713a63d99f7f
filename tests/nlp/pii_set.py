"""The marked messages of ``data/pii`` and how well something finds their marks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tradewind.nlp.pii import Kind, Known, Span, find

FOLDER = Path(__file__).parent / "data" / "pii"
_MARK = re.compile(r"⟦(\w+):([^⟧]*)⟧")


@dataclass(frozen=True)
class Marked:
    text: str
    country: str
    known: Known
    marks: list[Span]


@dataclass
class Count:
    marks: int = 0
    found: int = 0
    spans: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.marks

    @property
    def precision(self) -> float:
        return self.right / self.spans


def languages() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


def marked(language: str) -> Iterator[Marked]:
    for line in (FOLDER / f"{language}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        text, marks = unmarked(row["text"])
        known = Known(tuple(row["names"]), tuple(row["addresses"]))
        yield Marked(text, row["country"], known, marks)


def unmarked(written: str) -> tuple[str, list[Span]]:
    text, marks, last = "", [], 0
    for match in _MARK.finditer(written):
        text += written[last : match.start()]
        marks.append(Span(len(text), len(text) + len(match[2]), Kind(match[1])))
        text += match[2]
        last = match.end()
    return text + written[last:], marks


def count(language: str) -> Count:
    """A mark is found when spans of its kind cover nine tenths of its letters and digits.

    A span is right when four fifths of its own lie in marks of its kind.
    """
    total = Count()
    for message in marked(language):
        spans = find(message.text, country=message.country, known=message.known)
        missed = [mark for mark in message.marks if _share(message.text, mark, spans) < 0.9]
        extra = [span for span in spans if _share(message.text, span, message.marks) < 0.8]
        total.marks += len(message.marks)
        total.found += len(message.marks) - len(missed)
        total.spans += len(spans)
        total.right += len(spans) - len(extra)
        for sign, ones in (("-", missed), ("+", extra)):
            total.wrong += (f"{sign}{s.kind} {message.text[s.start : s.end]!r}" for s in ones)
    return total


def _share(text: str, span: Span, others: list[Span]) -> float:
    places = {at for at in range(span.start, span.end) if text[at].isalnum()}
    covered = {
        at for other in others if other.kind is span.kind for at in range(other.start, other.end)
    }
    return len(places & covered) / len(places)
