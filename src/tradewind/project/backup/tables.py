"""What the database holds of ours, as its catalogues say."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

_TABLES: LiteralString = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1
"""
_COLUMNS: LiteralString = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
_SEQUENCES: LiteralString = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' ORDER BY 1
"""


def table_names(connection: Connection) -> list[str]:
    """Every table of schema public that no extension brought."""
    return [row[0] for row in connection.execute(_TABLES)]


def column_names(connection: Connection, table: str) -> list[str]:
    """The columns of a table that hold something of their own."""
    return [row[0] for row in connection.execute(_COLUMNS, [f'public."{table}"'])]


def sequence_names(connection: Connection) -> list[str]:
    """Every sequence of schema public."""
    return [row[0] for row in connection.execute(_SEQUENCES)]
