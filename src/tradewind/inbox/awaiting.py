"""Conversations that name an order which is not known here yet, and the day when it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from tradewind.core import bulk
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.models import AwaitedOrder, Conversation

_COLUMNS = {
    "workspace_id": "bigint",
    "number": "varchar",
    "conversation_id": "bigint",
    "since": "timestamptz",
}


class Waiting(NamedTuple):
    """A conversation without an order, the number it names, and where it came in."""

    conversation_id: int
    number: str
    platform: str
    store_id: int | None
    buyer_id: int | None


def remember(named: Iterable[tuple[int, str]]) -> None:
    """Keep which number each conversation names, by its id."""
    workspace_id, now = current_workspace_id(), timezone.now()
    rows = [
        {"workspace_id": workspace_id, "number": number, "conversation_id": id_, "since": now}
        for id_, number in sorted(set(named))
    ]
    if rows:
        with connection.cursor() as cursor:
            bulk.insert(
                cursor,
                "inbox_awaitedorder",
                _COLUMNS,
                rows,
                conflict="(workspace_id, number, conversation_id) DO NOTHING",
            )


def waiting_for(numbers: Collection[str] | None = None) -> list[Waiting]:
    """Who waits for orders of these numbers; for any, where none are given."""
    awaited: QuerySet[AwaitedOrder] = AwaitedOrder.objects.filter(conversation__order=None)
    if numbers is not None:
        awaited = awaited.filter(number__in=numbers)
    found = awaited.order_by("id").values_list(
        "conversation_id",
        "number",
        Coalesce(F("conversation__store__platform"), F("conversation__platform")),
        "conversation__store_id",
        "conversation__buyer_id",
    )
    return [Waiting(*row) for row in found]


def tie(order_of: Mapping[int, int]) -> None:
    """Give conversations without an order theirs; they wait no longer."""
    # One after the other in their order, so that two workers never wait for each other crosswise.
    for conversation_id in sorted(order_of):
        Conversation.objects.filter(pk=conversation_id, order=None).update(
            order_id=order_of[conversation_id]
        )
    AwaitedOrder.objects.filter(conversation_id__in=list(order_of)).delete()


def forget(*, before: datetime) -> None:
    """Wait no longer for what never came."""
    AwaitedOrder.objects.filter(since__lt=before).delete()
