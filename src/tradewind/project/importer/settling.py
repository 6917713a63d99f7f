"""Old conversations that an import brought are closed: nobody waits for an answer to them.

Clocks count from when a message was sent, so a conversation of last year would arrive long overdue
and stand before everything that is urgent today.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.db.transaction import atomic

from tradewind.identity.scope import current_workspace_id
from tradewind.inbox import live
from tradewind.inbox.models import Activity, Conversation, State
from tradewind.routing import services as routing

BATCH = 500
# A worker on another machine, whose clock is behind ours, may have written the message.
_SKEW = timedelta(minutes=5)

_OLD = """
SELECT c.id FROM inbox_conversation c
WHERE c.workspace_id = %s AND c.channel_id = ANY(%s) AND c.state = 'open'
  AND c.last_message_at < %s
  AND EXISTS (SELECT 1 FROM inbox_message m
      WHERE m.conversation_id = c.id AND m.created_at >= %s)
ORDER BY c.id LIMIT %s FOR NO KEY UPDATE OF c SKIP LOCKED
"""


def resolve_old(channel_ids: list[int], *, before: datetime, begun: datetime) -> None:
    """Resolve the conversations whose newest word is older than ``before``.

    Only open ones that got a message since the import began. They are marked read, taken from
    whoever they were assigned to, and their clocks stop.
    """
    while _resolve_batch(channel_ids, before=before, begun=begun - _SKEW):
        pass


def count_resolved(*, begun: datetime) -> int:
    """How many conversations the import that began then has resolved."""
    done = Activity.objects.filter(act="resolved", detail__because="imported", at__gte=begun)
    return done.values("conversation_id").distinct().count()


@atomic
def _resolve_batch(channel_ids: list[int], *, before: datetime, begun: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OLD, [current_workspace_id(), channel_ids, before, begun, BATCH])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return 0
    Conversation.objects.filter(pk__in=ids).update(
        state=State.RESOLVED,
        resolved_at=F("last_message_at"),
        unread_count=0,
        assignee=None,
        team=None,
        assigned_because="",
    )
    Activity.objects.bulk_create(
        Activity(
            conversation_id=id_,
            act="resolved",
            detail={"was": State.OPEN, "because": "imported", "before": before.isoformat()},
        )
        for id_ in ids
    )
    routing.weigh(ids, {})
    live.tell("changed", ids)
    return len(ids)
