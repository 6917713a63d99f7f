"""Text with the words behind its labels underlined; everything of the text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# Strongest first: where spans overlap, the words carry the stroke of the strongest.
KINDS: Final = ("threat", "intent", "mood", "number")
_KIND_OF_PREFIX: Final = {"threat": "threat", "emotion": "mood", "complaint": "mood",
                          "urgency": "mood", "mood": "mood", "intent": "intent"}  # fmt: skip
_NUMBERS: Final = frozenset({"order_id", "tracking_id", "sku"})


class Span(NamedTuple):
    """The words ``text[start:end]`` (code points) behind ``label``."""

    label: str
    start: int
    end: int


def stroke_of(label: str) -> str:
    """``threat``, ``intent``, ``mood`` or ``number``; empty for what is not underlined."""
    prefix, colon, _ = label.partition(":")
    if colon:
        return _KIND_OF_PREFIX.get(prefix, "")
    if label in _NUMBERS:
        return "number"
    return "intent" if "." in label else ""


def as_span(raw: Any) -> Span | None:
    """A span from an Evidence, a mapping or a triple; None for anything else."""
    match raw:
        case {"label": str(label), "start": int(start), "end": int(end)}:
            return Span(label, start, end)
        case (str(label), int(start), int(end)):
            return Span(label, start, end)
    if isinstance(raw, Mapping | Sequence):
        return None
    values = (getattr(raw, name, None) for name in Span._fields)
    match tuple(values):
        case (str(label), int(start), int(end)):
            return Span(label, start, end)
    return None


def underline(text: str, spans: Iterable[Any]) -> SafeString:
    """``text`` as HTML, each underlined stretch in one ``<span class="ev ev--…">``.

    Spans may overlap or reach beyond the text; they are cut, and those without words are dropped.
    """
    kept = _kept(spans, length=len(text))
    edges = sorted({0, len(text), *(e for span in kept for e in (span.start, span.end))})
    pieces: list[str] = []
    for start, end in pairwise(edges):
        labels = [span.label for span in kept if span.start <= start and end <= span.end]
        pieces.append(_piece(text[start:end], labels))
    return mark_safe("".join(pieces))  # noqa: S308 — every piece is escaped in _piece


def _kept(spans: Iterable[Any], *, length: int) -> list[Span]:
    cut = (
        Span(span.label, max(span.start, 0), min(span.end, length))
        for raw in spans or ()
        if (span := as_span(raw)) and stroke_of(span.label)
    )
    return [span for span in cut if span.start < span.end]


def _piece(words: str, labels: Sequence[str]) -> str:
    if not labels:
        return escape(words)
    kind = min((stroke_of(label) for label in labels), key=KINDS.index)
    names = " ".join(dict.fromkeys(labels))
    copied = f' data-copy="{escape(words)}"' if kind == "number" else ""
    return f'<span class="ev ev--{kind}" data-ev="{escape(names)}"{copied}>{escape(words)}</span>'
