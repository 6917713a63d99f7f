"""Bringing the database up to date: tables by their owner, then the walls."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections

from tradewind.identity.owned import raise_wall


def migrate(*, verbosity: int = 0) -> None:
    """Migrate as the tables' owner and switch row-level security on; safe to repeat."""
    call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
    owner = connections["owner"]
    raise_wall(owner)
    owner.close()
