"""A backup is written: one snapshot of the database, then the files it names."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from psycopg import sql

from tradewind import __version__
from tradewind.core.errors import OperatorError
from tradewind.core.home import Keys
from tradewind.inbox.storage import FileStore
from tradewind.project.backup.archive import FOLDERS, FORMAT, HEAD, KEY, Progress, Writer
from tradewind.project.backup.tables import Connection, column_names, sequence_names, table_names

PART = 4 * 1024 * 1024
_MOST_MISSING = 1000
_STORED = "SELECT DISTINCT storage_key FROM inbox_attachment WHERE storage_key <> ''"


@dataclass(frozen=True, slots=True)
class Parts:
    """Where what is backed up lies."""

    owner_url: str
    home: Path
    keys: Keys
    store: FileStore


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds; ``missing`` are files the database names and the store has not."""

    rows: int
    tables: int
    files: int
    missing: list[str]
    bytes_on_disk: int


def expected_bytes(owner_url: str) -> int:
    """About how many bytes there are to back up, for a progress bar."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT (SELECT coalesce(sum(pg_table_size(oid)), 0) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')"
            " + (SELECT coalesce(sum(size), 0) FROM inbox_attachment WHERE storage_key <> '')"
        ).fetchone()
    return int(row[0]) if row else 0


def write(target: Path, parts: Parts, *, passphrase: str, progress: Progress) -> Written:
    """Write the backup, whole or not at all; OperatorError when the file is there already."""
    with _new_file(target) as file:
        writer = Writer(file, passphrase=passphrase)
        with psycopg.connect(parts.owner_url) as connection:
            _take_snapshot(connection)
            writer.add(HEAD, _json(_head(connection)))
            writer.add(KEY, _json(_key(parts.keys)))
            for name in FOLDERS:
                _add_folder(writer, parts.home, name)
            tables = {
                name: _add_table(writer, connection, name, progress)
                for name in table_names(connection)
            }
            files, missing = _add_files(writer, connection, parts.store, progress)
            manifest = {
                "tables": tables,
                # Read last: a sequence is never behind what the snapshot holds.
                "sequences": _sequences(connection),
                "files": {"count": files, "missing": missing[:_MOST_MISSING]},
            }
        writer.end(manifest)
        size = file.tell()
    rows = sum(table["rows"] for table in tables.values())
    return Written(rows, len(tables), files, missing, size)


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    refusal = f"FILE: {target} is there already; a backup never overwrites."
    if target.exists():
        raise OperatorError(refusal)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OperatorError(f"FILE: {target} cannot be made: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(draft, target, refusal)
    except OSError as error:
        raise OperatorError(f"FILE: {target} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _publish(draft: Path, target: Path, refusal: str) -> None:
    try:
        os.link(draft, target)  # unlike a rename, a link never replaces
    except FileExistsError:
        raise OperatorError(refusal) from None
    except OSError:
        draft.rename(target)  # a file system without links
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _take_snapshot(connection: Connection) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.commit()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _head(connection: Connection) -> dict[str, Any]:
    query = "SELECT app, name FROM django_migrations ORDER BY id"
    try:
        done = connection.execute(query).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise OperatorError(
            "The database has no tables of Tradewind; nothing to back up."
        ) from error
    return {
        "format": FORMAT,
        "program": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "postgres": connection.info.server_version // 10000,
        "migrations": done,
    }


def _key(keys: Keys) -> dict[str, Any]:
    return {"current": keys.current.hex(), "previous": [key.hex() for key in keys.previous]}


def _add_folder(writer: Writer, home: Path, name: str) -> None:
    for path in sorted((home / name).rglob("*")):
        if path.is_file() and not path.is_symlink():
            writer.add(path.relative_to(home).as_posix(), path.read_bytes())


def _add_table(
    writer: Writer, connection: Connection, table: str, progress: Progress
) -> dict[str, Any]:
    columns = column_names(connection, table)
    statement = sql.SQL("COPY public.{} ({}) TO STDOUT").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    number, buffer = 0, bytearray()
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for data in copy:
                buffer += data
                if len(buffer) >= PART:
                    writer.add(f"tables/{table}/{number:06}.copy", bytes(buffer))
                    number += 1
                    buffer.clear()
                    progress(writer.bytes_in, table)
        if buffer:
            writer.add(f"tables/{table}/{number:06}.copy", bytes(buffer))
        progress(writer.bytes_in, table)
        return {"columns": columns, "rows": cursor.rowcount}


def _add_files(
    writer: Writer, connection: Connection, store: FileStore, progress: Progress
) -> tuple[int, list[str]]:
    count, missing = 0, []
    with connection.cursor(name="files") as cursor:
        for (key,) in cursor.execute(_STORED):
            try:
                data = store.get(key)
            except FileNotFoundError:
                missing.append(key)
                continue
            writer.add(f"files/{key}", data)
            count += 1
            progress(writer.bytes_in, f"{count:,} files")
    return count, missing


def _sequences(connection: Connection) -> dict[str, Any]:
    found = {}
    for name in sequence_names(connection):
        query = sql.SQL("SELECT last_value, is_called FROM public.{}").format(sql.Identifier(name))
        found[name] = connection.execute(query).fetchone()
    return found


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
