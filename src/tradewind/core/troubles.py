"""Which errors of the database pass by themselves, and which are the fault of what was asked."""

from __future__ import annotations

import psycopg
from django.db import DatabaseError, InterfaceError

# Classes of SQLSTATE (PostgreSQL's appendix A): connection, rollback of a deadlock or a conflict,
# resources such as a full disk, a lock not got, a person stopping the server, the system itself.
_PASSING = ("08", "40", "53", "55", "57", "58", "25P03")


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed later, unchanged: the database was away or had no room."""
    cause = error.__cause__ if isinstance(error, (DatabaseError, InterfaceError)) else error
    if not isinstance(cause, psycopg.Error):
        return isinstance(error, InterfaceError)
    if cause.sqlstate is None:
        # Nothing came back from the server: the connection broke.
        return isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError))
    return cause.sqlstate.startswith(_PASSING)
