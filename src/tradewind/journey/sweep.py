"""A few seconds pass: snoozed conversations wake, old live events go, deadlines are looked at."""

from __future__ import annotations

from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace
from tradewind.inbox import live
from tradewind.inbox import services as inbox


def sweep() -> int:
    """Do what is due in every workspace; how many conversations woke."""
    woken = 0
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            woken += inbox.wake_snoozed()
            live.forget()
    return woken
