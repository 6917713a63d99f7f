"""Which line of a mail begins its history, its signature, its small print. The one place for it.

``channels.mail.strip`` sorts the lines of a mail by it at arrival; ``clean`` cuts what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tradewind.nlp.phrases import ABOVE, ATTRIBUTION, DEVICE, FOOTER, LABEL, SEPARATOR

# Marks that html_to_text leaves in the text; private-use characters no mail keeps.
OPEN, CLOSE, REST, CITE = "\ue0f0", "\ue0f1", "\ue0f2", "\ue0f3"
MARKS = OPEN + CLOSE + REST + CITE

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_CLOCK = re.compile(r"\d[:.時点시h]\s?\d\d|[时點]")
_DATED = re.compile(r"\d.*\d")
_DIGIT = re.compile(r"\d|@")
_BAR = re.compile(r"\s*[_-]{20,}\s*")
_SIGNATURE = re.compile(r"[\s\u00a0]*(?:--|—|__)[\s\u00a0]*")
_LONGEST_SIGNATURE = 15
_LONGEST_FOOTER = 40


def is_marked(line: str) -> bool:
    """Whether the line is marked as quoted by a ">"."""
    return line.lstrip().startswith((">", "＞"))


def is_head(lines: Sequence[str], at: int) -> bool:
    """Whether everything from here on is history: a separator, a header block of an old mail."""
    line = lines[at].strip()
    return bool(line) and bool(
        _is_separator(line, lines, at) or ABOVE.match(line) or _block(lines, at)
    )


def attribution(lines: Sequence[str], at: int) -> int:
    """How many lines from here are one "On … wrote:" (0: none)."""
    joined = ""
    for count, line in enumerate(lines[at : at + 3], 1):
        piece = line.strip().lstrip("> ").strip("*\u200e\u200f\u202a\u202b\u202c ")
        if not piece or len(joined) + len(piece) > 500 or piece[0] in MARKS:
            return 0
        joined = f"{joined} {piece}".strip()
        if count == 1 and not _DIGIT.search(piece):
            return 0
        if piece[-1] in ":：" and _says_wrote(joined):
            # A sentence with a number above a complete head is not its beginning.
            return 0 if count > 1 and _complete_below(lines, at + 1, at + count) else count
    return 0


def history_start(lines: Sequence[str]) -> int:
    """The first line that is history; as many as there are lines when none is."""
    # One ">" alone may be the buyer's own; two are a quote.
    has_marks = sum(map(is_marked, lines)) > 1
    for at, line in enumerate(lines):
        if (has_marks and is_marked(line)) or is_head(lines, at) or attribution(lines, at):
            return at
    return len(lines)


def ending_start(lines: Sequence[str]) -> int:
    """Where signature and small print begin: below ``--``, "Sent from my …", a legal footer."""
    end = _last(lines, len(lines))
    end = _last(lines, _footer(lines, end))
    end = _last(lines, _dashes(lines, end))
    while end > 1 and len(lines[end - 1]) < 100 and DEVICE.fullmatch(lines[end - 1].strip()):
        end = _last(lines, end - 1)
    return end


def _last(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _footer(lines: Sequence[str], end: int) -> int:
    for at in range(max(1, end - _LONGEST_FOOTER), end):
        if FOOTER.match(lines[at]) and any(one.strip() for one in lines[:at]):
            return at
    return end


def _dashes(lines: Sequence[str], end: int) -> int:
    for at in range(max(1, end - _LONGEST_SIGNATURE), end):
        if _SIGNATURE.fullmatch(lines[at]) and any(one.strip() for one in lines[:at]):
            return at
    return end


def _is_separator(line: str, lines: Sequence[str], at: int) -> bool:
    if len(line) < 120 and SEPARATOR.fullmatch(line):
        return True
    return bool(_BAR.fullmatch(line)) and _block(lines, at + 1, least=2)


def _block(lines: Sequence[str], at: int, *, least: int = 3) -> bool:
    """Whether a header block of an old mail begins here: From, Sent, To, Subject in any order."""
    seen: set[str] = set()
    misses = 0
    for line in lines[at : at + 10]:
        hit = LABEL.match(line) if line.strip() and len(line) < 500 else None
        if hit is not None:
            seen.add(str(hit.lastgroup))
        elif not seen:
            return False
        elif line.strip():
            misses += 1
        if misses > 2:
            break
    return len(seen) >= least and "from" in seen


def _complete_below(lines: Sequence[str], start: int, stop: int) -> bool:
    rests = (" ".join(one.strip() for one in lines[at:stop]) for at in range(start, stop))
    return any(_DATED.search(rest) and _says_wrote(rest) for rest in rests)


def _says_wrote(line: str) -> bool:
    if not _DIGIT.search(line):
        return False
    if ATTRIBUTION.fullmatch(line):
        return True
    # In any language: an address, a time of day and a colon at the end.
    return bool(_ADDRESS.search(line) and _CLOCK.search(line)) and len(line) < 250
