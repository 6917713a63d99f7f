"""Time passes: snoozed conversations wake, live events and, every night, old deliveries go."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from tradewind.channels import forgetting
from tradewind.core.jobs import periodic
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace
from tradewind.inbox import awaiting, live
from tradewind.inbox import services as inbox
from tradewind.journey import named_orders

_ORDERS_COME_WITHIN = timedelta(days=180)
log = structlog.get_logger(__name__)


def sweep() -> int:
    """Do what is due in every workspace; how many conversations woke."""
    woken = 0
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            woken += inbox.wake_snoozed()
            live.forget()
    return woken


@periodic("41 3 * * *", name="sweep.forget_deliveries")
def forget_deliveries() -> None:
    """Forget deliveries and refusals that are older than the settings keep them."""
    now, env = timezone.now(), settings.ENV
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            if days := env.keep_deliveries_days:
                gone = forgetting.forget_deliveries(before=now - timedelta(days=days))
                log.info("sweep.deliveries_forgotten", workspace=workspace_id, count=gone)
            if days := env.keep_refusals_days:
                forgetting.forget_refusals(before=now - timedelta(days=days))


@periodic("11 4 * * *", name="sweep.tie_orders")
def tie_orders() -> None:
    """Tie conversations to orders that came to be known in the same moment as they did."""
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            named_orders.tie()
            awaiting.forget(before=timezone.now() - _ORDERS_COME_WITHIN)
