"""Within seconds of its arrival a message becomes findable and is read more deeply."""

from __future__ import annotations

import structlog
from django.db import connection
from django.db.transaction import atomic

from tradewind.core.troubles import is_passing
from tradewind.identity.models import Workspace
from tradewind.identity.scope import current_workspace_id, in_workspace
from tradewind.inbox import search
from tradewind.inbox.models import Message, Pending
from tradewind.journey import language_model, reading

log = structlog.get_logger(__name__)
BATCH = 50
"""So many messages a transaction: the encoder takes about a second for them."""


def catch_up(*, limit: int = BATCH) -> int:
    """Take a batch of each workspace's pending messages; how many were done."""
    done = 0
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        try:
            with in_workspace(workspace_id), atomic():
                done += _catch_up(limit)
        except Exception as error:
            if is_passing(error):
                raise
            # What breaks one workspace's batch must not keep the others waiting.
            log.exception("afterthought.broke", workspace=workspace_id)
    return done


def _catch_up(limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT message_id FROM inbox_pending ORDER BY message_id LIMIT %s"
            " FOR UPDATE SKIP LOCKED",
            [limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    messages = list(Message.objects.filter(pk__in=ids))
    if messages:
        workspace_id = current_workspace_id()
        search.index(
            [
                (
                    workspace_id,
                    m.pk,
                    m.conversation_id,
                    f"{m.author_name} {m.subject} {m.text}",
                )
                for m in messages
            ]
        )
        _read_deeper(messages)
    Pending.objects.filter(pk__in=ids).delete()
    return len(ids)


def _read_deeper(messages: list[Message]) -> None:
    """The deeper reader's word replaces the first one's, unless a person has corrected it."""
    found = reading.read_deeper(messages)
    reading.show(messages, found.new)
    language_model.read_soon(messages, found.open)
