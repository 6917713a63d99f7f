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

from tradewind.nlp.phrases import RELAY_BEGIN, RELAY_END
from tradewind.nlp.quoting import (
    CLOSE,
    MARKS,
    OPEN,
    REST,
    attribution,
    ending_start,
    is_head,
    is_marked,
)

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
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
        self.has_quote_marks = sum(map(is_marked, self.lines)) > 1
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
        return is_marked(line) and bool(self.has_quote_marks or self.quoted)

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
        if is_head(self.lines, at):
            self.is_forward = not any(one.strip() for one in self.new)
            self.resting = True
            return 1
        taken = attribution(self.lines, at)
        if taken:
            self.resting = not self._has_marks(at + taken)
        return taken

    def _has_marks(self, at: int) -> bool:
        """Whether the quote below carries its own marks, so that its end is seen."""
        following = next((one for one in self.lines[at : at + 4] if one.strip()), "")
        return is_marked(following) or _mark_of(following) == OPEN


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
    """The lines without signature, and the signature with the small print."""
    end = ending_start(lines)
    return lines[:end], lines[end:]


def _tidy(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
