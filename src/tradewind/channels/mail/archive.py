"""Mails out of files: mbox, Maildir, a folder of .eml or one .eml, one at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from tradewind.channels.mail.errors import ArchiveUnreadable
from tradewind.channels.mail.event import dedupe_key

Skip = Callable[[str, str], None]
MOST_BYTES = 100 * 1024 * 1024
_CHUNK = 1024 * 1024
_FROM = re.compile(rb"From (?:\S+|\"[^\"]*\"\S*)? .*\d{4}")
_QUOTED_FROM = re.compile(rb">+From ")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,80}[ \t]*:")
_PACKED = {b"PK\x03\x04": "a ZIP file", b"\x1f\x8b": "a gzip file", b"BZh": "a bzip2 file",
           b"!BDN": "an Outlook PST file"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveItem:
    """One mail of an archive. ``position`` is where to go on behind it; ``key`` tells doubles."""

    key: str
    raw: bytes = field(repr=False)
    position: str


def iter_archive(path: Path, *, after: str = "", skip: Skip | None = None) -> Iterator[ArchiveItem]:
    """The mails of an mbox, a Maildir, a folder of .eml or an .eml, in a fixed order.

    ``after`` is the ``position`` of the last item that was stored. A mail over 100 MB is cut
    there. Memory does not grow with the archive. Raises ArchiveUnreadable; a single file of a
    folder that cannot be read is told to ``skip`` instead, by name and reason, where it is given.
    """
    if path.is_dir():
        yield from _from_folder(path, after=after, skip=skip)
    elif not path.exists():
        raise ArchiveUnreadable(f"There is nothing at {path}.")
    elif _is_mbox(path):
        yield from _from_mbox(path, after=after)
    elif not after:
        yield _item(_read(path), position=path.name)


def count_mails(path: Path) -> int | None:
    """How many mails a folder has, for a progress bar; None for an mbox (use its bytes)."""
    return len(_files(path)) if path.is_dir() else None


def _from_folder(path: Path, *, after: str, skip: Skip | None) -> Iterator[ArchiveItem]:
    found = _files(path)
    if not found:
        raise ArchiveUnreadable(
            f"{path} is a folder with no mail: neither a Maildir (cur, new) nor .eml files."
        )
    for name in found:
        if name <= after:
            continue
        try:
            raw = _read(path / name)
        except ArchiveUnreadable as error:
            # A mail server moves files while we read its Maildir.
            if skip is None:
                raise
            skip(name, str(error))
        else:
            yield _item(raw, position=name)


def _files(path: Path) -> list[str]:
    """Names of the mails relative to the folder, sorted; links out of it are not followed."""
    is_maildir = (path / "cur").is_dir() or (path / "new").is_dir()
    found: list[str] = []
    for folder, _, names in os.walk(path, onerror=_refuse):
        here = Path(folder)
        if is_maildir and here.name not in {"cur", "new"}:
            continue
        wanted = names if is_maildir else [one for one in names if one.lower().endswith(".eml")]
        found += [
            (here / one).relative_to(path).as_posix()
            for one in wanted
            if not one.startswith(".") and not (here / one).is_symlink()
        ]
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise ArchiveUnreadable(f"{error.filename} cannot be read: {error.strerror}.")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise ArchiveUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def _is_mbox(path: Path) -> bool:
    """Whether a file is an mbox (True) or one mail (False); raises when it is neither."""
    start = _beginning(path)
    for magic, name in _PACKED.items():
        if start.startswith(magic):
            raise ArchiveUnreadable(f"{path} is {name}; unpack or export it as mbox or .eml first.")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise ArchiveUnreadable(f"{path} is empty.")
    if text.startswith(b"From "):
        return True
    if _HEADER.match(text):
        return False
    raise ArchiveUnreadable(
        f"{path} is neither an mbox (it would begin with “From ”) nor a mail (headers)."
    )


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise ArchiveUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def _from_mbox(path: Path, *, after: str) -> Iterator[ArchiveItem]:
    start = _offset(path, after)
    with path.open("rb") as file:
        file.seek(start)
        for raw, end in _messages(file):
            yield _item(raw, position=str(end))


def _offset(path: Path, after: str) -> int:
    size = path.stat().st_size
    if after and not (after.isascii() and after.isdigit() and int(after) <= size):
        raise ArchiveUnreadable(
            f"{path} has {size} bytes; it cannot go on at {after!r}. Has the file changed?"
        )
    return int(after or 0)


def _messages(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each message and the offset behind it; separators stand behind an empty line."""
    lines: list[bytes] = []
    size, at, is_start, is_open = 0, file.tell(), True, False
    while line := file.readline(_CHUNK):
        if is_start and line.startswith(b"From ") and _FROM.match(line):
            if is_open:
                yield _joined(lines), at
            lines, size, is_open = [], 0, True
        elif is_open and size < MOST_BYTES:
            # mboxrd: one ">" was put before each body line that looks like a separator.
            lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
            size += len(line)
        at += len(line)
        is_start = not line.strip(b"\r\n")
    if is_open:
        yield _joined(lines), at


def _joined(lines: list[bytes]) -> bytes:
    if lines and not lines[-1].strip(b"\r\n"):
        lines = lines[:-1]
    return b"".join(lines)


def _item(raw: bytes, *, position: str) -> ArchiveItem:
    return ArchiveItem(dedupe_key(raw), raw, position)
