"""What a text is found by, and what a search asks for; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CHARS = 20_000
_TOKENS = 600
_SIZE = 40

# Scripts without spaces between words are cut into pairs of letters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[-.'’@+_][^\W_{_UNSPACED}]+)*")
_UNSPACED_PIECE = re.compile(rf"[{_UNSPACED}]")
_JOINT = re.compile(r"[-.'’@+_]")


def folded(text: str) -> str:
    """The text without case and accents, so that ``Größe`` is found by ``grosse`` and ``große``."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parted if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """What a text is found by: words and their parts, pairs of letters in unspaced scripts."""
    found: dict[str, None] = {}
    for token in _tokens(folded(text[:_CHARS])):
        found[token] = None
        if len(found) >= _TOKENS:
            break
    return list(found)


def _tokens(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        if _UNSPACED_PIECE.match(piece):
            yield from (piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
            continue
        yield piece[:_SIZE]
        parts = _JOINT.split(piece)
        if len(parts) > 1:
            yield from (part[:_SIZE] for part in parts if part)


def query_of(text: str) -> str:
    """A tsquery: every word must be there, the last letters of a word may be missing."""
    terms = []
    for piece in _PIECE.findall(folded(text[:500])):
        if _UNSPACED_PIECE.match(piece):
            pairs = [piece[i : i + 2] for i in range(max(1, len(piece) - 1))]
            terms += [f"'{pair}'" + (":*" if len(pair) == 1 else "") for pair in pairs]
        else:
            terms.append("'" + piece[:_SIZE].replace("'", "''") + "':*")
    return " & ".join(terms[:20])
