"""The workspace in whose name the database is asked: the key of row-level security.

Every connection starts in no workspace and sees no row that belongs to one. Code that works for a
workspace enters it here; the database refuses the rest, whatever the query says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

_workspace: ContextVar[int | None] = ContextVar("workspace", default=None)
_person: ContextVar[int | None] = ContextVar("person", default=None)


class NoWorkspace(RuntimeError):
    """Something that belongs to a workspace was asked for outside of any."""


def current_workspace_id() -> int:
    """The id of the workspace entered; raises NoWorkspace outside of one."""
    if (workspace_id := _workspace.get()) is None:
        raise NoWorkspace("no workspace is entered: wrap the call in `with in_workspace(id):`")
    return workspace_id


def find_workspace_id() -> int | None:
    """The id of the workspace entered, or None."""
    return _workspace.get()


@contextmanager
def in_workspace(workspace_id: int | None, *, person_id: int | None = None) -> Iterator[None]:
    """Work for one workspace until the block ends; blocks nest, None leaves every workspace."""
    tokens = _workspace.set(workspace_id), _person.set(person_id)
    try:
        _tell_database()
        yield
    finally:
        _workspace.reset(tokens[0])
        _person.reset(tokens[1])
        _tell_database()


@contextmanager
def as_person(person_id: int) -> Iterator[None]:
    """See one's own memberships while no workspace is chosen yet."""
    with in_workspace(_workspace.get(), person_id=person_id):
        yield


def _tell_database() -> None:
    # A connection that is not open learns it when it opens; one in a broken transaction has
    # nothing to say any more and is told again by whoever enters next.
    if connection.connection is None or connection.needs_rollback:
        return
    _apply(connection)


def _apply(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('tradewind.workspace', %s, false),"
            " set_config('tradewind.person', %s, false)",
            [str(_workspace.get() or ""), str(_person.get() or "")],
        )


def _on_connect(*, connection: Any, **_: Any) -> None:
    if connection.alias == "default":
        _apply(connection)


connection_created.connect(_on_connect, dispatch_uid="tradewind.identity.scope")
