"""The workspace a command is meant for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, OperationalError, connections
from django.db.utils import ProgrammingError

from tradewind.core.errors import OperatorError
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace


@contextlib.contextmanager
def inside(name: str | None) -> Iterator[Workspace]:
    """Enter the workspace of this name or number, or the only one; raises OperatorError."""
    workspace = choose(_all(), name)
    try:
        with in_workspace(workspace.pk):
            yield workspace
    finally:
        if not connections["default"].in_atomic_block:
            connections.close_all()


def choose(known: list[Workspace], name: str | None) -> Workspace:
    """The one named; without a name the only one, or the only one that is no sample."""
    told = ", ".join(f"“{w.name}”" for w in known)
    if not known:
        raise OperatorError(
            "There is no workspace yet: `tradewind run` makes the first, with its account."
        )
    if name is not None:
        fits = [w for w in known if name.casefold() in (w.name.casefold(), str(w.pk))]
        if len(fits) == 1:
            return fits[0]
        found = "several" if fits else "none"
        numbers = ", ".join(f"{w.pk}: “{w.name}”" for w in known)
        raise OperatorError(
            f"--workspace: got “{name}”, which fits {found}; wanted one of {numbers}."
        )
    own = [w for w in known if not w.is_sample]
    if len(known) == 1 or len(own) == 1:
        return (own or known)[0]
    raise OperatorError(f"There are several workspaces; name one with --workspace: {told}.")


def _all() -> list[Workspace]:
    try:
        return list(Workspace.objects.order_by("id"))
    except OperationalError as error:
        said = " ".join(str(error).split())
        raise OperatorError(f"The database does not answer: {said}") from error
    except ProgrammingError as error:
        raise OperatorError(
            "The database has no tables of Tradewind yet; `tradewind migrate` makes them."
        ) from error
    except DatabaseError as error:
        raise OperatorError(f"The database refuses: {error}") from error
