"""The parts of a mail, found by their boundaries in one pass without copying their bodies.

The standard parser splits every body into lines first: a 50 MB file costs it seconds and five
times its size in memory. Here a body stays a span of the raw bytes until somebody wants it.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tradewind.channels.mail.charset import decode, decode_header, unbase64
from tradewind.channels.mail.model import Limits

Headers = dict[str, list[str]]

_BLANK = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADER = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,120})[ \t]*:(.*)", re.DOTALL)
_FOLD = re.compile(rb"(?:\r?\n|\r)(?=[ \t])")
_LINES = re.compile(rb"\r\n|\n|\r")
_MIME = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")
_PARAM = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_EXTENDED = re.compile(r"(.+?)(?:\*(\d{1,4}))?(\*)?")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"\\(.)")
_CUT = re.compile(rb"(?:\r\n|\n|\r)\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the raw mail."""

    raw: bytes
    start: int
    stop: int

    def __len__(self) -> int:
        """Bytes in the stretch."""
        return self.stop - self.start

    def bytes(self, limit: int | None = None) -> bytes:
        """A copy of the stretch, or of its beginning."""
        stop = self.stop if limit is None else min(self.stop, self.start + limit)
        return self.raw[self.start : stop]


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf or nested message of a mail; ``body`` is still in its transfer encoding."""

    headers: Headers
    mime: str
    params: dict[str, str]
    body: Span
    depth: int = 0
    within: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, empty when it is not there."""
        return next(iter(self.headers.get(name, ())), "")

    @property
    def encoding(self) -> str:
        """The transfer encoding in lower case."""
        return self.header("content-transfer-encoding").strip().lower()

    @property
    def size(self) -> int:
        """About how many bytes the decoded body has (base64 with line ends is 73 %)."""
        return len(self.body) * 73 // 100 if self.encoding == "base64" else len(self.body)

    def bytes(self, limit: int | None = None) -> bytes:
        """The decoded body, or that of the first ``limit`` encoded bytes."""
        raw = self.body.bytes(limit)
        if self.encoding == "base64":
            return unbase64(raw)
        if self.encoding == "quoted-printable":
            return quopri.decodestring(raw)
        return raw


def read_headers(span: Span, limits: Limits) -> tuple[Headers, Span]:
    """Unfolded headers by lower-case name (encoded words still in them) and the body."""
    raw, start = span.raw, span.start
    if raw[start : start + 1] in (b"\n", b"\r"):
        skipped = 2 if raw[start : start + 2] == b"\r\n" else 1
        return {}, Span(raw, min(start + skipped, span.stop), span.stop)
    blank = _BLANK.search(raw, start, min(span.stop, start + limits.header_bytes))
    end, body = (blank.start(), blank.end()) if blank else _unended(span, limits)
    headers: Headers = {}
    for line in _LINES.split(_FOLD.sub(b"", raw[start:end])):
        if hit := _HEADER.match(line):
            value = decode(hit[2].strip())[0].replace("\n", " ")
            headers.setdefault(hit[1].decode("ascii").lower(), []).append(value)
    return headers, Span(raw, min(body, span.stop), span.stop)


def _unended(span: Span, limits: Limits) -> tuple[int, int]:
    """Without a blank line all is header if it looks like one, else all is body."""
    if not _HEADER.match(_LINES.split(span.bytes(1000).lstrip(), maxsplit=1)[0]):
        return span.start, span.start
    end = min(span.stop, span.start + limits.header_bytes)
    return end, end


def split_params(value: str) -> tuple[str, dict[str, str]]:
    """A structured header's main value in lower case and its parameters (RFC 2231 joined)."""
    main = value.partition(";")[0]
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, text in _PARAM.findall(value[:20_000]):
        hit = _EXTENDED.fullmatch(name.lower())
        if hit is None:
            continue
        found = text.strip()
        if found.startswith('"'):
            found = _ESCAPED.sub(r"\1", found.removeprefix('"').removesuffix('"'))
        key = f"{hit[1]}*" if hit[2] or hit[3] else hit[1]
        pieces.setdefault(key, {}).setdefault(int(hit[2] or 0), (found, bool(hit[3])))
    params = {name: _joined(parts) for name, parts in pieces.items()}
    # RFC 6266 §4.3: the extended form wins over the plain one beside it.
    extended = {name[:-1]: text for name, text in params.items() if name.endswith("*") and text}
    return main.strip().lower(), params | extended


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    texts = [parts[number] for number in sorted(parts)]
    if not any(extended for _, extended in texts):
        return decode_header("".join(text for text, _ in texts))
    charset, quote, rest = texts[0][0].partition("'")
    first = rest.partition("'")[2] if quote else charset
    pieces = [(first, texts[0][1]), *texts[1:]]
    raw = b"".join(_percent(text) if extended else text.encode() for text, extended in pieces)
    return decode(raw, charset if quote else "")[0]


def _percent(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return _PERCENT.sub(lambda hit: bytes([int(hit[1], 16)]), raw)


class Walk:
    """Walks the leaves of a mail within the limits; ``problems`` tells what was left out."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems: list[str] = []
        self._parts = 0

    def leaves(
        self, headers: Headers, body: Span, *, depth: int = 0, within: str = ""
    ) -> Iterator[Part]:
        """Leaf parts in order; a nested message comes as one leaf of type message/rfc822."""
        self._parts += 1
        if self._is_full():
            return
        default = "message/rfc822" if within == "multipart/digest" else "text/plain"
        mime, params = split_params(next(iter(headers.get("content-type", ())), default))
        mime = mime if _MIME.fullmatch(mime) else default
        boundary = params.get("boundary", "")
        if not mime.startswith("multipart/"):
            yield Part(headers, mime, params, body, depth, within)
        elif depth >= self.limits.depth:
            self.problems.append(f"Parts nested deeper than {self.limits.depth} were left out.")
        elif not boundary:
            self.problems.append("A multipart names no boundary; it was read as text.")
            yield Part(headers, "text/plain", params, body, depth, within)
        else:
            yield from self._inner(mime, body, boundary, depth)

    def _is_full(self) -> bool:
        if self._parts == self.limits.parts + 1:
            self.problems.append(f"Parts beyond the first {self.limits.parts} were left out.")
        return self._parts > self.limits.parts

    def _inner(self, mime: str, body: Span, boundary: str, depth: int) -> Iterator[Part]:
        found = False
        for piece in self._pieces(body, b"--" + boundary.encode("utf-8", "replace")):
            found = True
            headers, inner = read_headers(piece, self.limits)
            yield from self.leaves(headers, inner, depth=depth + 1, within=mime)
            if self._parts > self.limits.parts:
                return
        if not found:
            self.problems.append("The boundary of a multipart never appears; read as text.")
            yield Part({}, "text/plain", {}, body, depth, mime)

    def _pieces(self, body: Span, mark: bytes) -> Iterator[Span]:
        raw, start, at = body.raw, -1, body.raw.find(mark, body.start, body.stop)
        while at >= 0:
            after = at + len(mark)
            tail = raw[after : min(after + 2, body.stop)]
            # A longer boundary may begin with this one's letters.
            if (at == body.start or raw[at - 1] in b"\r\n") and _ends_mark(tail):
                if start >= 0:
                    yield Span(raw, start, _before_line_end(raw, start, at))
                if tail == b"--":
                    return
                line_end = raw.find(b"\n", after, body.stop)
                start = line_end + 1 if line_end >= 0 else body.stop
            # A lone CR may put the next mark on the same line.
            at = raw.find(mark, max(after, start), body.stop)
        if start >= 0:
            self.problems.append("A multipart has no end; its last part may be cut.")
            yield Span(raw, start, body.stop)


def _ends_mark(tail: bytes) -> bool:
    return tail in (b"--", b"") or tail[:1] in (b" ", b"\t", b"\r", b"\n")


def _before_line_end(raw: bytes, start: int, at: int) -> int:
    hit = _CUT.search(raw[max(start, at - 2) : at])
    return at - len(hit[0]) if hit else at
