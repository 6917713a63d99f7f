"""The form of a backup: a gzipped tar that begins with its head and ends with its manifest.

``backup.json`` (format, program, migrations), ``key.json``, ``connectors/…``, ``models/…``,
``tables/NAME/N.copy`` (PostgreSQL's text form), ``files/KEY``, ``manifest.json`` with rows per
table, sequences and one SHA-256 over the names, sizes and bytes of all before it. Under a
passphrase all of that stands inside ``sealed``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from tradewind.core.errors import OperatorError
from tradewind.project.backup.sealed import MAGIC, SealedReader, SealedWriter

FORMAT = 1
FOLDERS = ("connectors", "models")
"""What of the data folder is kept as it lies."""
HEAD, KEY, MANIFEST = "backup.json", "key.json", "manifest.json"
FILE = re.compile(r"files/(\d+/[0-9a-f]{2}/[0-9a-f]{64})")
TABLE = re.compile(r"tables/([a-z0-9_]+)/\d{6}\.copy")
LARGEST_MEMBER = 512 * 1024 * 1024
_GZIP = b"\x1f\x8b"

Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a checked backup says of itself."""

    head: dict[str, Any]
    manifest: dict[str, Any]
    key: dict[str, Any] = field(repr=False)

    @property
    def migrations(self) -> list[tuple[str, str]]:
        """The migrations that its tables stand at."""
        return [(app, name) for app, name in self.head["migrations"]]


class Writer:
    """Writes members one after another; ``end`` makes the archive whole."""

    def __init__(self, file: BinaryIO, *, passphrase: str) -> None:
        self._sealed = SealedWriter(file, passphrase) if passphrase else None
        sink = cast("BinaryIO", self._sealed or file)
        self._gzip = gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=2, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|")  # noqa: SIM115  # closed in end
        self._digest = hashlib.sha256()
        self.bytes_in = 0

    def add(self, name: str, data: bytes) -> None:
        """Add a member."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(data), 0o600, int(time.time())
        self._tar.addfile(info, io.BytesIO(data))
        # It remembers every member, which for a million files would be a gigabyte.
        self._tar.members.clear()  # type: ignore[attr-defined]  # there, though not declared
        _digest(self._digest, name, data)
        self.bytes_in += len(data)

    def end(self, manifest: dict[str, Any]) -> None:
        """Add the manifest with the checksum of all before it."""
        told = {**manifest, "sha256": self._digest.hexdigest()}
        self.add(MANIFEST, json.dumps(told, ensure_ascii=False).encode())
        self._tar.close()
        self._gzip.close()
        if self._sealed:
            self._sealed.close()


def members(path: Path, *, passphrase: str, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Every member by name, in order; OperatorError where the file is damaged."""
    with _opened(path) as file:
        stream = _plain(path, file, passphrase)
        try:
            with (
                gzip.GzipFile(fileobj=cast("BinaryIO", stream), mode="rb") as unpacked,
                tarfile.open(fileobj=unpacked, mode="r|") as tar,
            ):
                yield from _each(tar, file, progress)
                unpacked.read()  # its own checksum stands at the end
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise OperatorError(f"{path} is cut off or damaged: {error}.") from error


def check(path: Path, *, passphrase: str, progress: Progress) -> Found:
    """Read the whole file and give what it says of itself; OperatorError unless all is right."""
    digest = hashlib.sha256()
    told: dict[str, dict[str, Any]] = {}
    for name, data in members(path, passphrase=passphrase, progress=progress):
        if MANIFEST in told:
            raise OperatorError(f"{path} is damaged: something stands behind its manifest.")
        _require_known(path, name)
        if name in (HEAD, KEY, MANIFEST):
            told[name] = _loaded(path, data)
        if name == HEAD:
            _check_format(path, told[HEAD])
        if name != MANIFEST:
            _digest(digest, name, data)
    if missing := {HEAD, KEY, MANIFEST} - told.keys():
        raise OperatorError(f"{path} is not a whole backup: it has no {', '.join(missing)}.")
    if told[MANIFEST].get("sha256") != digest.hexdigest():
        raise OperatorError(f"{path} is damaged: its checksum does not fit what it holds.")
    return Found(head=told[HEAD], manifest=told[MANIFEST], key=told[KEY])


def is_of_a_folder(name: str) -> bool:
    """Whether a member is a file of one of our folders; people name their files as they like."""
    folder, *rest = name.split("/")
    return folder in FOLDERS and bool(rest) and not {"", ".", ".."} & set(rest)


def _require_known(path: Path, name: str) -> None:
    if name in (HEAD, KEY, MANIFEST) or is_of_a_folder(name):
        return
    if not (FILE.fullmatch(name) or TABLE.fullmatch(name)):
        raise OperatorError(f"{path} holds {name!r}, which has no place in a desk.")


def _each(tar: tarfile.TarFile, file: BinaryIO, progress: Progress) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        content = tar.extractfile(member)
        if content is None or member.size > LARGEST_MEMBER:
            raise tarfile.TarError(f"{member.name[:100]!r} is no member of a backup")
        data = content.read()
        if len(data) != member.size:
            raise EOFError("it ends in the middle of a member")
        tar.members.clear()  # type: ignore[attr-defined]  # there, though not declared
        progress(file.tell(), member.name.split("/")[1] if "/" in member.name else "")
        yield member.name, data


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error


def _plain(path: Path, file: BinaryIO, passphrase: str) -> BinaryIO | SealedReader:
    start = file.read(len(MAGIC))
    if start == MAGIC:
        if not passphrase:
            raise OperatorError(f"{path} is sealed; --passphrase-file is wanted, got none.")
        return SealedReader(file, passphrase)
    if not start.startswith(_GZIP):
        raise OperatorError(f"{path} is not a backup of Tradewind.")
    file.seek(0)
    return file


def _loaded(path: Path, data: bytes) -> dict[str, Any]:
    try:
        given = json.loads(data)
    except ValueError as error:
        raise OperatorError(f"{path} is damaged: {error}.") from error
    if not isinstance(given, dict):
        raise OperatorError(f"{path} is not a backup of Tradewind.")
    return given


def _check_format(path: Path, head: dict[str, Any]) -> None:
    if head.get("format") != FORMAT:
        raise OperatorError(
            f"{path} has the format {head.get('format')}, made by Tradewind "
            f"{head.get('program')}; this program reads {FORMAT}. Take a program as new as that."
        )


def _digest(digest: Any, name: str, data: bytes) -> None:
    digest.update(f"{name}\0{len(data)}\0".encode())
    digest.update(data)
