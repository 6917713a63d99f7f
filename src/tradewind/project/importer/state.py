"""How far an import has come, kept in the data folder until it is through."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tradewind.core.home import write_private


@dataclass(slots=True)
class Place:
    """Where an import stands: the position behind the last item stored, and when it began."""

    file: Path
    begun: datetime
    position: str = ""

    @property
    def is_fresh(self) -> bool:
        """Whether nothing has been taken in yet."""
        return not self.position

    def keep(self, position: str) -> None:
        """Write the position down; after a crash the import goes on there."""
        self.position = position
        told = {"position": position, "begun": self.begun.isoformat()}
        write_private(self.file, orjson.dumps(told))

    def forget(self) -> None:
        """The import is through; the next one of this archive starts at its beginning."""
        self.file.unlink(missing_ok=True)


def place_of(home: Path, archive: Path, *, channel_id: int, restart: bool) -> Place:
    """Where the import of this archive into this channel stands.

    A file that has another size or time than it had is another archive.
    """
    stat = archive.stat()
    version = "" if archive.is_dir() else f"{stat.st_size}:{stat.st_mtime_ns}"
    told = f"{archive.resolve()}:{version}:{channel_id}"
    folder = home / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.json"
    fresh = Place(file, begun=datetime.now(UTC))
    if restart or not file.is_file():
        return fresh
    try:
        known = orjson.loads(file.read_bytes())
        return Place(file, datetime.fromisoformat(known["begun"]), str(known["position"]))
    except (orjson.JSONDecodeError, KeyError, ValueError, TypeError):
        return fresh
