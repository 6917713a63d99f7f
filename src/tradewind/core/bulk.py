"""Many rows in one statement: what the hot paths use in place of the ORM.

Rows travel as one JSON document that PostgreSQL unpacks (json_to_recordset), which costs a third of
bulk_create and lets an insert say what to do on conflict and give rows back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import orjson


class Cursor(Protocol):
    """What is needed of a database cursor."""

    def execute(self, sql: str, params: Any = None, /) -> Any:
        """Run one statement."""

    def fetchall(self) -> list[Any]:
        """The rows it gave."""
        ...


def packed(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as one JSON document; datetimes become ISO 8601 in UTC."""
    return orjson.dumps(list(rows), default=str, option=orjson.OPT_UTC_Z).decode()


def insert(
    cursor: Cursor,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    *,
    conflict: str = "",
    returning: str = "",
) -> list[Any]:
    """Insert rows; ``columns`` names each with its PostgreSQL type.

    ``conflict`` is what follows ON CONFLICT, ``returning`` what follows RETURNING. Names come from
    code, never from a request.
    """
    if not rows:
        return []
    names = ", ".join(columns)
    shape = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    sql = (
        f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608  # names come from code
        f" FROM json_to_recordset(%s::json) AS r({shape})"
    )
    if conflict:
        sql += f" ON CONFLICT {conflict}"
    if returning:
        sql += f" RETURNING {returning}"
    cursor.execute(sql, [packed(rows)])
    return cursor.fetchall() if returning else []


def update(
    cursor: Cursor,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    *,
    sets: str = "",
) -> None:
    """Update rows by ``id``; ``columns`` (without id) are set as given unless ``sets`` says how.

    In ``sets`` the table is ``t`` and the given row ``r``.
    """
    if not rows:
        return
    shape = ", ".join(f"{name} {kind}" for name, kind in {"id": "bigint", **columns}.items())
    assignments = sets or ", ".join(f"{name} = r.{name}" for name in columns)
    cursor.execute(
        f"UPDATE {table} AS t SET {assignments}"  # noqa: S608  # names come from code
        # The planner cannot see how many rows the document holds; with the ids beside it, it takes
        # the index and not the whole table.
        f" FROM json_to_recordset(%s::json) AS r({shape}) WHERE t.id = r.id AND t.id = ANY(%s)",
        [packed(rows), [row["id"] for row in rows]],
    )


def reserve_ids(cursor: Cursor, table: str, count: int) -> list[int]:
    """Ids that the table's rows will have, taken from its sequence before the rows exist."""
    if not count:
        return []
    cursor.execute(
        "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
        [f"{table}_id_seq", count],
    )
    return [row[0] for row in cursor.fetchall()]
