"""What a workspace says of itself."""

from __future__ import annotations

from typing import Any

from django.db.transaction import atomic

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid
from tradewind.identity.models import Workspace
from tradewind.identity.roles import Right

_FIELDS = {"name", "first_response_minutes", "timezone"}


def get_workspace(actor: Actor) -> Workspace:
    """The workspace one works in."""
    return Workspace.objects.get(pk=actor.workspace_id)


@atomic
def change_workspace(actor: Actor, **changes: Any) -> Workspace:
    """Change name, time zone or the promise to buyers of the company."""
    actor.require(Right.SET_UP)
    if unknown := changes.keys() - _FIELDS:
        raise Invalid(f"{', '.join(sorted(unknown))}: not a setting of the workspace")
    workspace = get_workspace(actor)
    was = {name: getattr(workspace, name) for name in changes}
    for name, value in changes.items():
        setattr(workspace, name, value)
    workspace.save(update_fields=sorted(changes))
    identity.audit(actor, "workspace.changed", subject=workspace, was=was, now=changes)
    return workspace
