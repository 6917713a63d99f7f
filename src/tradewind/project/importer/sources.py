"""What an archive holds, one item at a time: mails of mbox, Maildir and .eml, messages of JSONL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import orjson

from tradewind.channels import jsonapi
from tradewind.channels.deliveries import Raw, short_key
from tradewind.channels.jsonapi import BadItem
from tradewind.channels.mail.archive import ArchiveItem, count_mails, iter_archive
from tradewind.channels.mail.errors import ArchiveUnreadable
from tradewind.channels.mail.headers import date_of
from tradewind.channels.mail.mime import Span, read_headers
from tradewind.channels.mail.model import Limits
from tradewind.channels.parsing import API, MAIL
from tradewind.core.errors import OperatorError

FORMATS = ("auto", "mbox", "maildir", "eml", "jsonl")
LONGEST_LINE = 16 * 1024 * 1024
_LIMITS = Limits()
_SUFFIXES = {".jsonl", ".ndjson"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of an archive: ``raw`` when it can be accepted, else ``error`` says why not.

    ``position`` is where to go on behind it, ``done`` how far that is in the source's unit.
    """

    position: str
    done: int
    raw: Raw | None = field(default=None, repr=False)
    at: datetime | None = None
    channel: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """An archive: its format, how its items are read, and how much there is."""

    path: Path
    format: str
    transport: str
    total: int
    unit: str  # "bytes" or "mails"

    def items(self, *, after: str = "") -> Iterator[Item]:
        """The items behind a position, in a fixed order; raises OperatorError."""
        given = _lines(self.path, after) if self.transport == API else _mails(self, after)
        try:
            yield from given
        except ArchiveUnreadable as error:
            raise OperatorError(str(error)) from error
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be read: {error.strerror}.") from error


def open_source(path: Path, form: str) -> Source:
    """The archive at the path; raises OperatorError when there is none of that format."""
    if not path.exists():
        raise OperatorError(f"PATH: there is nothing at {path}.")
    found = _format_of(path)
    if form not in ("auto", found):
        raise OperatorError(f"--format: got {form}, but {path} looks like {found}.")
    try:
        mails = count_mails(path)
    except ArchiveUnreadable as error:
        raise OperatorError(str(error)) from error
    transport = API if found == "jsonl" else MAIL
    if mails is not None:
        return Source(path, found, transport, mails, "mails")
    return Source(path, found, transport, path.stat().st_size, "bytes")


def _format_of(path: Path) -> str:
    if path.is_dir():
        return "maildir" if (path / "cur").is_dir() or (path / "new").is_dir() else "eml"
    try:
        with path.open("rb") as file:
            start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    if start.startswith(b"["):
        raise OperatorError(
            f"{path} is one JSON list; wanted one object a line (`jq -c '.[]'` makes that)."
        )
    if path.suffix.lower() in _SUFFIXES or start.startswith(b"{"):
        return "jsonl"
    return "mbox" if start.startswith(b"From ") else "eml"


def _lines(path: Path, after: str) -> Iterator[Item]:
    with path.open("rb") as file:
        file.seek(int(after or 0))
        while line := file.readline(LONGEST_LINE):
            is_whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
            while not is_whole:  # the rest of an endless line is passed over
                more = file.readline(LONGEST_LINE)
                is_whole = more.endswith(b"\n") or len(more) < LONGEST_LINE
                line = b""
            here = file.tell()
            if line.strip(b"\r\n\t \xef\xbb\xbf\x00"):
                yield _message(line, here)
            elif not line:
                text = f"the line is longer than {LONGEST_LINE // 2**20} MB"
                yield Item(str(here), here, error=text)


def _message(line: bytes, here: int) -> Item:
    try:
        given = jsonapi.check_item(orjson.loads(line.removeprefix(b"\xef\xbb\xbf")))
    except orjson.JSONDecodeError as error:
        return Item(str(here), here, error=f"not a JSON line: {error}")
    except BadItem as error:
        return Item(str(here), here, error=str(error))
    raw = Raw(short_key(given["external_id"]), orjson.dumps(given), {"imported": True})
    sent_at = given.get("sent_at")
    return Item(
        str(here),
        here,
        raw=raw,
        at=datetime.fromisoformat(sent_at) if sent_at else None,
        channel=given.get("channel") or "",
    )


def _mails(source: Source, after: str) -> Iterator[Item]:
    written = datetime.fromtimestamp(source.path.stat().st_mtime, UTC)
    unreadable: list[tuple[str, str]] = []
    passed = 0

    def skip(name: str, why: str) -> None:
        unreadable.append((name, why))

    for number, found in enumerate(iter_archive(source.path, after=after, skip=skip), start=1):
        while passed < len(unreadable):
            name, why = unreadable[passed]
            passed += 1
            yield Item(name, number + passed - 1, error=why)
        done = int(found.position) if source.format == "mbox" else number + passed
        yield _mail(found, done, written=written)
    for offset, (name, why) in enumerate(unreadable[passed:], start=1):
        yield Item(name, source.total + offset - len(unreadable[passed:]), error=why)


def _mail(found: ArchiveItem, done: int, *, written: datetime) -> Item:
    headers, _ = read_headers(Span(found.raw, 0, len(found.raw)), _LIMITS)
    if not headers:
        return Item(found.position, done, error="it has no headers, so it is no mail")
    at, _ = date_of(dict(headers))
    body = found.raw
    if at is None:
        # Without a date it would count as written today, and its clocks would start.
        at = written
        body = f"Date: {format_datetime(written)}\r\n".encode() + body
    raw = Raw(short_key(found.key), body, {"imported": True, "position": found.position})
    return Item(found.position, done, raw=raw, at=at)
