"""Where a backup is restored to: empty or not, in use or not, and its key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from tradewind.core import home as homes
from tradewind.core.errors import OperatorError
from tradewind.core.settings import Settings
from tradewind.project.backup.tables import Connection, table_names

_TELLING = ("identity_workspace", "identity_person", "channels_delivery")
# Tables that libraries bring and no model of ours names.
_LIBRARIES = ("procrastinate_", "django_")


def require_unused(owner_url: str, app_url: str) -> None:
    """Refuse while the application is connected to the database."""
    app = unquote(urlsplit(app_url).username or "")
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = %s",
            [app],
        ).fetchone()
    if row and row[0]:
        raise OperatorError(
            f"The desk is connected to this database ({row[0]} sessions of {app}). Stop `tradewind "
            "run`, `web` and `worker` on every machine, then restore."
        )


def require_empty(owner_url: str, home: Path, *, known: set[str], replace: bool) -> None:
    """Refuse a place that holds something, unless told to replace it.

    A database with tables that are neither ours nor in the backup is refused in any case.
    """
    with psycopg.connect(owner_url) as connection:
        tables = table_names(connection)
        held = [name for name in _TELLING if name in tables and _has_rows(connection, name)]
    foreign = [name for name in tables if name not in known and not name.startswith(_LIBRARIES)]
    if foreign:
        raise OperatorError(
            f"The database holds tables that are not Tradewind's ({', '.join(foreign[:5])}); "
            "a database of its own is wanted."
        )
    if replace:
        return
    if any(path.is_file() for path in (home / "files").rglob("*")):
        held.append(str(home / "files"))
    if held:
        raise OperatorError(
            f"The place is not empty: there is something in {', '.join(held)}. Restore into an "
            "empty TRADEWIND_HOME and database, or say --replace to lose what is there."
        )


def require_key(env: Settings, home: Path, archived: dict[str, Any]) -> None:
    """Refuse when TRADEWIND_KEY is set and cannot open what the backup's key sealed."""
    if not env.key:
        return
    keys = homes.keys(home, env)
    if bytes.fromhex(archived["current"]) not in (keys.current, *keys.previous):
        raise OperatorError(
            "TRADEWIND_KEY is another key than the backup's, so nothing sealed would open. Unset "
            "it, and the backup's key is put in HOME/key; or name that key in "
            "TRADEWIND_KEY_PREVIOUS."
        )


def put_key(env: Settings, home: Path, archived: dict[str, Any]) -> list[str]:
    """Put the backup's keys in the data folder; sentences for the operator about them.

    A key that is there is kept beside under another name.
    """
    said = []
    if not env.key:
        text = base64.urlsafe_b64encode(bytes.fromhex(archived["current"])) + b"\n"
        path = home / "key"
        if path.exists() and path.read_bytes() != text:
            kept = home / f"key.before-{datetime.now(UTC):%Y%m%d-%H%M%S}"
            path.rename(kept)
            said.append(f"the key that was there is kept as {kept}")
        homes.write_private(path, text)
    known = {key.hex() for key in homes.keys(home, env).previous}
    if former := [key for key in archived["previous"] if key not in known]:
        homes.write_private(home / "key.previous", ",".join(former).encode())
        said.append(
            f"the backup has former keys too: set TRADEWIND_KEY_PREVIOUS_FILE={home}/key.previous"
        )
    return said


def _has_rows(connection: Connection, table: str) -> bool:
    query = sql.SQL("SELECT 1 FROM public.{} LIMIT 1").format(sql.Identifier(table))
    return connection.execute(query).fetchone() is not None
