"""Text made comparable: no case, no diacritics, no invisible characters, offsets kept."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from tradewind.nlp.hanzi import TO_SIMPLIFIED

READ_LIMIT = 20_000
"""Code points of one message that are read; what a buyer wants is said before that."""

_INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff"
)
_MARKS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u093c"
_DROPPED = re.compile(f"[{_INVISIBLE}{_MARKS}]+|(?P<blanks>\\s\\s+)")
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
_MAYBE_SPACED = re.compile(r"[ .*_-][^\W\d_][ .*_-][^\W\d_][ .*_-]")
_SPACED_WORD = re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]){4,}[^\W\d_](?!\w)")
# Between letters of these scripts they only hide a word; elsewhere they part or join words.
_HIDING = re.compile(
    "(?<=[A-Za-z\u00c0-\u052f])[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+"
    "(?=[A-Za-z\u00c0-\u052f])"
)
_STRIPPED_MARK = re.compile(f"[{_MARKS}]")
_SINGLE = {
    **dict.fromkeys("’‘`´ʼ′", "'"),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict(zip("đłøßıæœþðħŧ", "dlosiaotdht", strict=True)),
    # Arabic and Persian spellings that keyboards mix freely.
    **dict.fromkeys("أإآٱ", "ا"),
    **dict.fromkeys("ىیئ", "ي"),
    **dict.fromkeys("ةۀ", "ه"),
    **{"ک": "ك", "ؤ": "و"},
    **TO_SIMPLIFIED,
}


class _FoldTable(dict[int, int | None]):
    """One folded code point per code point, None where dropped; worked out when first seen."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        is_dropped = _DROPPED.fullmatch(char) is not None
        self[code] = folded = None if is_dropped else ord(_fold_char(char))
        return folded


def _fold_char(char: str) -> str:
    if char.isspace():
        return " "
    lower = char.lower()
    if lower in _SINGLE:
        return _SINGLE[lower]
    digit = unicodedata.digit(char, None)
    if digit is not None and char.isdecimal():
        return str(digit)
    bare = _STRIPPED_MARK.sub("", unicodedata.normalize("NFKD", char)).lower()
    if len(bare) == 1:
        return _SINGLE.get(bare, bare)
    return lower if len(lower) == 1 else char


_TABLE = _FoldTable()


@dataclass(slots=True)
class Folded:
    """Changed text and where each piece of it came from (``starts`` → ``origins``)."""

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    def origin(self, index: int) -> int:
        """The offset in the given text of the folded character at ``index``."""
        if len(self.starts) == 1:
            return index
        piece = bisect_right(self.starts, index) - 1
        return self.origins[piece] + index - self.starts[piece]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the given text of ``text[start:end]`` (not empty)."""
        if len(self.starts) == 1:
            return start, end
        return self.origin(start), self.origin(end - 1) + 1


def fold(text: str) -> Folded:
    """Fold the first ``READ_LIMIT`` code points; "r e f u n d" becomes one word."""
    text = text[:READ_LIMIT]
    folded = text.translate(_TABLE)
    gone: list[tuple[int, int, bool]] = []
    # The searches are slow; as many characters as before and no blanks side by side: none gone.
    if len(folded) != len(text) or "  " in folded:
        # Which part matched says it, not ``isspace``: separators (U+001C–U+001F) are invisible.
        gone = [(*m.span(), m.lastgroup == "blanks") for m in _DROPPED.finditer(text)]
    gone += _gaps(text)
    if not gone:
        return Folded(folded)
    whole = _without(text, sorted(gone))
    whole.text = whole.text.translate(_TABLE)
    return whole


def whole_words(text: str) -> Folded:
    """The first ``READ_LIMIT`` code points as they are, but "r e f u n d" is one word.

    For readers that learned from text as people write it.
    """
    text = text[:READ_LIMIT]
    gone = _gaps(text)
    if not text.isprintable():
        gone += [(m.start(), m.end(), False) for m in _HIDING.finditer(text)]
    return _without(text, sorted(gone)) if gone else Folded(text)


def _gaps(text: str) -> list[tuple[int, int, bool]]:
    """The places between letters that were set apart."""
    if not _MAYBE_SPACED.search(text):
        return []
    return [
        (at, at + 1, False)
        for word in _SPACED_WORD.finditer(text)
        for at in range(word.start() + 1, word.end(), 2)
    ]


def _without(text: str, gone: list[tuple[int, int, bool]]) -> Folded:
    """Several blanks become one, everything else in ``gone`` goes."""
    pieces: list[str] = []
    starts, origins = [0], [0]
    length, last = 0, 0
    for start, end, is_space in gone:
        keep = text[last : start + 1] if is_space else text[last:start]
        pieces.append(keep)
        length += len(keep)
        last = end
        starts.append(length)
        origins.append(end)
    pieces.append(text[last:])
    return Folded("".join(pieces), tuple(starts), tuple(origins))


def without_invisible(text: str) -> str:
    """The text without control, zero-width, bidi and surrogate characters (offsets not kept)."""
    return _INVISIBLE_RUN.sub("", text)
