"""The names of colleagues, as every screen lists them; the caller is inside the workspace."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the workspace and no more of them than a list of names needs."""

    person_id: int
    person: str


_COLLEAGUES = """
SELECT p.id, COALESCE(NULLIF(p.name, ''), p.email) FROM identity_membership m
JOIN identity_person p ON p.id = m.person_id WHERE m.workspace_id = %s ORDER BY p.name, p.email
"""


def colleagues_of(workspace_id: int) -> list[Colleague]:
    """Everyone of a workspace, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_COLLEAGUES, [workspace_id])
        return [Colleague(*row) for row in cursor.fetchall()]
