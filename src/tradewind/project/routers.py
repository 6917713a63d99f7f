"""Which connection does what: the application's role reads and writes, the owner migrates."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Reads and writes go to ``default``; only ``owner`` changes tables."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Always the application's role."""
        return "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Always the application's role."""
        return "default"

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        """Both aliases are the same database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Only the owner changes tables."""
        return db == "owner"
