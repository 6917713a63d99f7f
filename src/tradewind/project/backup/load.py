"""A backup is brought back: tables made as they were then, filled, checked, all in one transaction.

Foreign keys and indexes are taken off while the rows come in and made again at the end: order does
not matter then, every reference is checked once, and building an index once is quicker.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.transaction import atomic
from psycopg import Copy, sql

from tradewind.core.errors import OperatorError
from tradewind.inbox.storage import FileStore
from tradewind.project.backup.archive import FILE, TABLE, Found, Progress, is_of_a_folder, members
from tradewind.project.backup.tables import Connection, table_names

_OBJECTS = """
SELECT format('DROP TABLE public.%I CASCADE', c.relname) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND {own}
UNION ALL
SELECT format('DROP ROUTINE %s CASCADE', c.oid::regprocedure) FROM pg_proc c
WHERE c.pronamespace = 'public'::regnamespace AND {own}
UNION ALL
SELECT format('DROP TYPE public.%I CASCADE', c.typname) FROM pg_type c
WHERE c.typnamespace = 'public'::regnamespace AND {own} AND (c.typtype = 'e' OR EXISTS
    (SELECT 1 FROM pg_class r WHERE r.oid = c.typrelid AND r.relkind = 'c'))
""".replace(
    "{own}",
    "NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e')",
)
_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
_INDEXES = """
SELECT format('DROP INDEX public.%I', c.relname), pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
  -- An expression would be written down otherwise the second time; such indexes stay on.
  AND i.indpred IS NULL AND i.indexprs IS NULL
"""


def require_known(found: Found) -> None:
    """Refuse a backup whose tables are newer than this program."""
    loader = MigrationExecutor(connections["owner"]).loader
    unknown = [f"{app}.{name}" for app, name in found.migrations if (app, name) not in _all(loader)]
    if unknown:
        raise OperatorError(
            f"The backup was made by Tradewind {found.head.get('program')}, which knows more than "
            f"this program ({', '.join(unknown[:3])}). Restore with a program at least as new."
        )


def restore(
    path: Path,
    found: Found,
    *,
    home: Path,
    store: FileStore,
    passphrase: str,
    progress: Progress,
) -> None:
    """Fill database, file store, connectors and models from a checked backup.

    The database has everything or, when anything fails, nothing of it.
    """
    _make_tables(found)
    with atomic(using="owner"):
        connection = _raw()
        _require_same_tables(connection, found)
        with _set_aside(connection):
            _empty(connection)
            filler = _Filler(connection, found, home=home, store=store)
            for name, data in members(path, passphrase=passphrase, progress=progress):
                filler.take(name, data)
            filler.finish()
        _set_sequences(connection, found)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


class _Filler:
    """Takes the archive's members to where they belong."""

    def __init__(
        self, connection: Connection, found: Found, *, home: Path, store: FileStore
    ) -> None:
        self._connection, self._tables = connection, found.manifest["tables"]
        self._home, self._store = home, store
        self._files_wanted = found.manifest["files"]["count"]
        self._rows = dict.fromkeys(self._tables, 0)
        self._files = 0
        self._table = ""
        self._parts: Iterator[None] | None = None
        self._copy: Copy | None = None
        self._cursor = connection.cursor()
        self._stack: Any = None

    def take(self, name: str, data: bytes) -> None:
        """Put one member in its place; the names that are allowed are few."""
        table = TABLE.fullmatch(name)
        self._to_table(table[1] if table else "")
        if table and self._copy:
            self._copy.write(data)
        elif hit := FILE.fullmatch(name):
            self._store.put(hit[1], data)
            self._files += 1
        elif is_of_a_folder(name):
            target = self._home / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.write_bytes(data)

    def finish(self) -> None:
        """End the last table and compare what came with what was promised."""
        self._to_table("")
        wanted = {name: told["rows"] for name, told in self._tables.items()}
        wrong = [name for name, rows in wanted.items() if self._rows[name] != rows]
        if wrong or self._files != self._files_wanted:
            raise OperatorError(
                f"The backup does not hold what its manifest says ({', '.join(wrong) or 'files'}); "
                "nothing was restored."
            )

    def _to_table(self, table: str) -> None:
        if table == self._table:
            return
        if self._stack is not None:
            self._stack.__exit__(None, None, None)
            self._rows[self._table] = self._cursor.rowcount
            self._stack = self._copy = None
        self._table = table
        if table:
            columns = sql.SQL(", ").join(map(sql.Identifier, self._tables[table]["columns"]))
            statement = sql.SQL("COPY public.{} ({}) FROM STDIN")
            self._stack = self._cursor.copy(statement.format(sql.Identifier(table), columns))
            self._copy = self._stack.__enter__()


def _raw() -> Connection:
    wrapper = connections["owner"]
    wrapper.ensure_connection()
    connection = cast("Connection", wrapper.connection)
    connection.execute("SET LOCAL statement_timeout = 0")
    return connection


def _all(loader: Any) -> set[tuple[str, str]]:
    # What has been replaced by a squashed migration is known too.
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return set(loader.disk_migrations) | replaced


def _wipe(connection: Connection) -> None:
    for (statement,) in connection.execute(_OBJECTS).fetchall():
        connection.execute(statement.replace("DROP TABLE", "DROP TABLE IF EXISTS", 1)
                           .replace("DROP ROUTINE", "DROP ROUTINE IF EXISTS", 1)
                           .replace("DROP TYPE", "DROP TYPE IF EXISTS", 1))  # fmt: skip


def _make_tables(found: Found) -> None:
    """The tables as they were when the backup was made.

    Not part of the transaction that fills them: migrations of Procrastinate add enum values,
    which PostgreSQL lets nobody use before they are committed.
    """
    executor = MigrationExecutor(connections["owner"])
    done = set(found.migrations)
    if set(executor.loader.applied_migrations) == done:
        return
    if executor.loader.applied_migrations:
        with atomic(using="owner"):
            _wipe(_raw())
        executor = MigrationExecutor(connections["owner"])
    graph = executor.loader.graph
    targets = [
        key
        for key in sorted(done)
        if key in graph.nodes
        and not any(child.key in done for child in graph.node_map[key].children)
    ]
    executor.migrate(targets)


def _require_same_tables(connection: Connection, found: Found) -> None:
    made, told = set(table_names(connection)), set(found.manifest["tables"])
    if missing := told - made:
        raise OperatorError(
            f"The backup holds tables this program does not make: {', '.join(sorted(missing))}."
        )


@contextmanager
def _set_aside(connection: Connection) -> Iterator[None]:
    """Without foreign keys, indexes and triggers; all are as before when the block ends."""
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    aside = [row for query in (_FOREIGN_KEYS, _INDEXES) for row in connection.execute(query)]
    tables = [sql.Identifier("public", name) for name in table_names(connection)]
    for drop, _ in aside:
        connection.execute(drop)
    _for_each(connection, "ALTER TABLE {} DISABLE TRIGGER USER", tables)
    yield
    _for_each(connection, "ALTER TABLE {} ENABLE TRIGGER USER", tables)
    for _, make in reversed(aside):
        connection.execute(make)


def _empty(connection: Connection) -> None:
    names = [sql.Identifier("public", name) for name in table_names(connection)]
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))


def _for_each(connection: Connection, statement: Any, names: list[sql.Identifier]) -> None:
    for name in names:
        connection.execute(sql.SQL(statement).format(name))


def _set_sequences(connection: Connection, found: Found) -> None:
    for name, (value, is_called) in found.manifest["sequences"].items():
        identifier = sql.Identifier("public", name).as_string(connection)
        query = "SELECT setval(to_regclass(%s), %s, %s) WHERE to_regclass(%s) IS NOT NULL"
        connection.execute(query, [identifier, value, is_called, identifier])
