"""The text without what was found in it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tradewind.nlp.pii.contract import Span


class Style(StrEnum):
    """What stands where something was."""

    KIND = "kind"  # [email]
    BLOCK = "block"  # ████, as long as what it hides


def redact(text: str, spans: Iterable[Span], style: Style = Style.KIND) -> str:
    """The text with each span replaced; of two that overlap both go, under the first one's name."""
    pieces: list[str] = []
    last = 0
    for span in sorted(spans):
        if span.start >= last:
            pieces += text[last : span.start], _mark(span, style)
        last = max(last, span.end)
    return "".join([*pieces, text[last:]])


def _mark(span: Span, style: Style) -> str:
    return f"[{span.kind}]" if style is Style.KIND else "█" * (span.end - span.start)
