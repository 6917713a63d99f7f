"""Rows that belong to a workspace, and the wall the database itself puts around them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from tradewind.identity.scope import find_workspace_id


class Owned(models.Model):
    """Base of every table whose rows belong to one workspace."""

    workspace = models.ForeignKey(
        "identity.Workspace",
        on_delete=models.CASCADE,
        related_name="+",
        default=find_workspace_id,
        editable=False,
        # Every index that is asked for a workspace begins with it; one of it alone would only cost
        # writes and mislead the planner, for whom one big workspace is the whole table.
        db_index=False,
    )

    class Meta:
        abstract = True


def owned_models() -> list[type[models.Model]]:
    """Every concrete model with a workspace, ours or a library's link table."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, Owned) and not model._meta.abstract
    ]


# Memberships are also seen by the person they are of: that is how one finds one's workspaces.
_OWN = "workspace_id = NULLIF(current_setting('tradewind.workspace', true), '')::bigint"
_OWN_OR_MINE = (
    f"{_OWN} OR person_id = NULLIF(current_setting('tradewind.person', true), '')::bigint"
)


def raise_wall(connection: Any) -> None:
    """Switch row-level security on for every owned table; run by the tables' owner after migrating.

    FORCE is not used: the owner migrates and backs up across workspaces, the application's role
    owns nothing and cannot bypass the policy.
    """
    with connection.cursor() as cursor:
        for model in owned_models():
            table = connection.ops.quote_name(model._meta.db_table)
            rule = _OWN_OR_MINE if model._meta.label == "identity.Membership" else _OWN
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"DROP POLICY IF EXISTS workspace_wall ON {table}")
            cursor.execute(
                f"CREATE POLICY workspace_wall ON {table} USING ({rule}) WITH CHECK ({_OWN})"
            )
