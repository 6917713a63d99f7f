"""What a buyer wrote now, apart from the quoted history and the signature.

Own line rules decide the known forms; the libraries are slow and are asked only when a text
looks quoted in a way the rules do not know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import quotequail
from mailparser_reply import EmailReplyParser

from tradewind.channels.mail.phrases import (
    ABOVE,
    ATTRIBUTION,
    DEVICE,
    LABEL,
    RELAY_BEGIN,
    RELAY_END,
    SEPARATOR,
)

# Marks that html_to_text leaves in the text; private-use characters no mail keeps.
OPEN, CLOSE, REST, CITE = "\ue0f0", "\ue0f1", "\ue0f2", "\ue0f3"
MARKS = OPEN + CLOSE + REST + CITE

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_CLOCK = re.compile(r"\d[:.時点시h]\s?\d\d|[时點]")
_DATED = re.compile(r"\d.*\d")
_DIGIT = re.compile(r"\d|@")
_BAR = re.compile(r"\s*[_-]{20,}\s*")
_SIGNATURE = re.compile(r"[\s\u00a0]*(?:--|—|__)[\s\u00a0]*")
_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
_LONGEST_FOR_LIBRARIES = 20_000
_LONGEST = 400_000


@dataclass(frozen=True, slots=True)
class Stripped:
    """A mail's text in three: what is new, what is history, what is signature."""

    text: str
    quoted: str = ""
    signature: str = ""


@dataclass(slots=True)
class _Sorter:
    """Goes once over the lines and puts each to the new or the quoted ones."""

    lines: Sequence[str]
    new: list[str] = field(default_factory=list)
    quoted: list[str] = field(default_factory=list)
    depth: int = 0
    resting: bool = False
    citing: bool = False
    is_forward: bool = False
    has_quote_marks: bool = False

    def run(self) -> None:
        # One ">" alone may be the buyer's own; two, or one behind a head, are a quote.
        self.has_quote_marks = sum(map(_is_marked, self.lines)) > 1
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if _mark_of(line):
                self._mark(_mark_of(line))
            elif self._is_quoted(line):
                self.quoted.append(line)
            elif taken := self._head(at):
                self.quoted += self.lines[at : at + taken]
                at += taken - 1
            else:
                self.new.append(line)
            at += 1

    def _is_quoted(self, line: str) -> bool:
        if self.depth or self.resting or self.citing:
            return True
        return _is_marked(line) and bool(self.has_quote_marks or self.quoted)

    def _mark(self, mark: str) -> None:
        if mark == OPEN:
            self.depth, self.citing = self.depth + 1, False
        elif mark == CLOSE:
            self.depth = max(0, self.depth - 1)
        elif mark == REST:
            self.resting = True
        else:
            self.citing = True

    def _head(self, at: int) -> int:
        """How many lines at this place are the head of a quote (0: none)."""
        line = self.lines[at].strip()
        if not line:
            return 0
        if _is_separator(line, self.lines, at) or ABOVE.match(line) or _block(self.lines, at):
            self.is_forward = not any(one.strip() for one in self.new)
            self.resting = True
            return 1
        taken = _attribution(self.lines, at)
        if taken:
            self.resting = not self._has_marks(at + taken)
        return taken

    def _has_marks(self, at: int) -> bool:
        """Whether the quote below carries its own marks, so that its end is seen."""
        following = next((one for one in self.lines[at : at + 4] if one.strip()), "")
        return _is_marked(following) or _mark_of(following) == OPEN


def strip(text: str) -> Stripped:
    """The new text, the quoted history and the signature of a mail's text.

    A mail that is nothing but a forwarded one keeps it as its text. Marks of
    ``html_to_text(…, marks=True)`` are understood.
    """
    body, rest = text[:_LONGEST], text[_LONGEST:].translate(dict.fromkeys(map(ord, MARKS)))
    lines = body.replace("\r\n", "\n").split("\n")
    said, around = _relayed(lines)
    sorter = _Sorter(said)
    sorter.run()
    new, quoted = sorter.new, [*around, *sorter.quoted, *([rest] if rest else [])]
    if not any(line.strip() for line in new) and (sorter.is_forward or not quoted):
        new, quoted = [line for line in said if not _mark_of(line)], list(around)
    elif not sorter.quoted and (by_library := _by_library("\n".join(new))):
        new, quoted = by_library[0].split("\n"), [*quoted, by_library[1]]
    new, signature = _unsigned(new)
    return Stripped(_tidy(new), _tidy(quoted), _tidy(signature))


def _is_marked(line: str) -> bool:
    return line.lstrip().startswith((">", "＞"))


def _mark_of(line: str) -> str:
    mark = line.strip()[:1]
    return mark if mark and mark in MARKS else ""


def _relayed(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines between a relay's delimiters and those around them."""
    begin = next((at for at, line in enumerate(lines) if RELAY_BEGIN.fullmatch(line)), None)
    if begin is None:
        return lines, []
    stops = (at for at in range(begin + 1, len(lines)) if RELAY_END.fullmatch(lines[at]))
    end = next(stops, len(lines))
    return lines[begin + 1 : end], lines[: begin + 1] + lines[end:]


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


def _attribution(lines: Sequence[str], at: int) -> int:
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


def _by_library(text: str) -> tuple[str, str] | None:
    """The libraries' answer for a text that looks quoted in a form our rules do not know."""
    if len(text) > _LONGEST_FOR_LIBRARIES or not _looks_quoted(text):
        return None
    pieces = quotequail.quote(text) or []
    new = "\n".join(piece for expand, piece in pieces if expand)
    if new.strip() and len(new) < len(text):
        return new, "\n".join(piece for expand, piece in pieces if not expand)
    reply = EmailReplyParser(languages=list(_LANGUAGES)).parse_reply(text) or ""
    at = text.find(reply.strip()) + len(reply.strip()) if reply.strip() else 0
    return (text[:at], text[at:]) if 0 < at < len(text.rstrip()) else None


def _looks_quoted(text: str) -> bool:
    lines = text.split("\n")
    return any(line.rstrip()[-1:] in (":", "：") and _ADDRESS.search(line) for line in lines[1:])


def _unsigned(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines without signature, and the signature: below ``--`` or "Sent from my …"."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    signature: list[str] = []
    for at in range(max(1, len(kept) - 15), len(kept)):
        if _SIGNATURE.fullmatch(kept[at]) and any(one.strip() for one in kept[:at]):
            kept, signature = kept[:at], kept[at:]
            break
    while kept and not kept[-1].strip():
        kept.pop()
    if kept and len(kept[-1]) < 100 and DEVICE.fullmatch(kept[-1].strip()):
        signature = [kept.pop(), *signature]
    return kept, signature


def _tidy(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
