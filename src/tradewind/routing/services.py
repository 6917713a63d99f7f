"""The door of routing: weigh conversations, run their clocks, give them to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.transaction import atomic

from tradewind.core import bulk
from tradewind.identity import colleagues
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.models import Workspace
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox import live, record
from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import Conversation
from tradewind.nlp.contract import Reading
from tradewind.routing import assignment
from tradewind.routing.weigh import Facts, due, priority
from tradewind.triage.problem_map import severities

_LABELS = {
    "language": "varchar",
    "intent": "varchar",
    "complaint": "varchar",
    "emotion": "varchar",
    "threats": "varchar[]",
    "urgency": "varchar",
}
_COLUMNS = _LABELS | {
    "priority": "smallint",
    "platform_due_at": "timestamptz",
    "company_due_at": "timestamptz",
    "rank_at": "timestamptz",
}

# The newest buyer message and the oldest one that nobody has answered decide. As in inbox.record,
# one that seems a little older than our last word and came in after it is not answered by it.
_FACTS = """
SELECT c.id, c.state, c.language, c.intent, c.complaint, c.emotion, c.threats, c.urgency,
    c.last_message_at, s.response_minutes, o.total,
    (SELECT count(*) FROM (SELECT 1 FROM commerce_order p WHERE p.buyer_id = c.buyer_id LIMIT 5) n),
    newest.id, oldest.sent_at
FROM inbox_conversation c
LEFT JOIN commerce_store s ON s.id = c.store_id
LEFT JOIN commerce_order o ON o.id = c.order_id
LEFT JOIN LATERAL (
    SELECT m.id FROM inbox_message m
    WHERE m.conversation_id = c.id AND m.direction = 'in' AND NOT m.is_auto
    ORDER BY m.sent_at DESC, m.id DESC LIMIT 1
) newest ON true
LEFT JOIN LATERAL (
    SELECT r.id, r.sent_at FROM inbox_message r
    WHERE r.conversation_id = c.id AND r.direction = 'out' AND NOT r.is_auto
    ORDER BY r.sent_at DESC, r.id DESC LIMIT 1
) ours ON true
LEFT JOIN LATERAL (
    SELECT min(m.sent_at) AS sent_at FROM inbox_message m
    WHERE m.conversation_id = c.id AND m.direction = 'in' AND NOT m.is_auto
      AND m.sent_at > COALESCE(ours.sent_at - interval '10 minutes', '-infinity')
      AND (ours.id IS NULL OR m.sent_at > ours.sent_at OR m.id > ours.id)
) oldest ON true
WHERE c.id = ANY(%s)
"""
_OWES_NOTHING = {"resolved", "pending"}


def open_weighed(
    opened: Mapping[int, Sequence[Arrived]],
    readings: Mapping[int, Reading],
    *,
    platform_minutes: Mapping[int, int | None],
) -> None:
    """Write new conversations with labels, priority, clocks and somebody to answer them.

    ``readings`` by message id, ``platform_minutes`` by store id.
    """
    if not opened:
        return
    rows = [record.row_of(id_, messages) for id_, messages in opened.items()]
    totals, orders = _worth_of(rows)
    company, severity = _company_minutes(), severities()
    for row in rows:
        asking = [a for a in opened[row["id"]] if a.is_asking]
        newest = max(asking, key=lambda a: (a.sent_at, a.message_id or 0), default=None)
        reading = readings.get(newest.message_id or 0) if newest else None
        row |= {name: getattr(reading, name) for name in _LABELS} if reading else {}
        row |= _clocked(
            row,
            severity=severity,
            order_total=totals.get(row["order_id"]),
            past_orders=orders.get(row["buyer_id"], 0),
            asked_at=min((a.sent_at for a in asking), default=None),
            platform_minutes=platform_minutes.get(row["store_id"]),
            company_minutes=company,
        )
    assignment.assign_new(rows)
    record.open_conversations(rows)


def _worth_of(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[dict[int, Decimal], dict[int, int]]:
    """Totals by order and number of orders (counted up to five) by buyer."""
    order_ids = [row["order_id"] for row in rows if row["order_id"]]
    buyer_ids = [row["buyer_id"] for row in rows if row["buyer_id"]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, total FROM commerce_order WHERE id = ANY(%s)", [order_ids])
        totals = dict(cursor.fetchall())
        cursor.execute(
            "SELECT buyer_id, least(count(*), 5) FROM commerce_order WHERE buyer_id = ANY(%s)"
            " GROUP BY buyer_id",
            [buyer_ids],
        )
        return totals, dict(cursor.fetchall())


def _company_minutes() -> int:
    return Workspace.objects.values_list("first_response_minutes", flat=True).get(
        pk=current_workspace_id()
    )


@atomic
def remove_person(actor: Actor, membership_id: int) -> None:
    """Take a colleague out of the workspace; what was theirs goes to others.

    Resolved conversations too have nobody then, so that somebody gets them when they open again.
    """
    person_id = colleagues.get_colleague(actor, membership_id).person_id
    identity.remove_person(actor, membership_id)
    theirs = Conversation.objects.filter(assignee_id=person_id)
    waiting = list(theirs.exclude(state="resolved").values_list("id", flat=True))
    theirs.update(assignee=None, assigned_because="")
    assignment.assign(waiting)
    live.tell("changed", waiting)


def weigh_and_assign(conversation_ids: Iterable[int], readings: Mapping[int, Reading]) -> None:
    """Bring labels, priority, clocks and place in the list up to date, then find each an agent.

    ``readings`` by message id: only the newest buyer message of a conversation labels it.
    """
    ids = sorted(conversation_ids)
    if not ids:
        return
    weigh(ids, readings)
    assignment.assign(ids)


def weigh(conversation_ids: Sequence[int], readings: Mapping[int, Reading]) -> None:
    """Labels, priority, clocks and rank of these conversations."""
    company_minutes, severity = _company_minutes(), severities()
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [list(conversation_ids)])
        rows = [
            _weighed(row, readings, severity=severity, company_minutes=company_minutes)
            for row in cursor.fetchall()
        ]
        bulk.update(cursor, "inbox_conversation", _COLUMNS, rows)


def _weighed(
    row: Sequence[Any],
    readings: Mapping[int, Reading],
    *,
    severity: Mapping[str, int],
    company_minutes: int,
) -> dict[str, Any]:
    (id_, state, *labels, last_at, platform_minutes, total, orders, newest_id, asked_at) = row
    said = dict(zip(_LABELS, labels, strict=True))
    if reading := readings.get(newest_id):
        said = {name: getattr(reading, name) for name in _LABELS}
    return (
        {"id": id_}
        | said
        | _clocked(
            said,
            severity=severity,
            order_total=total,
            past_orders=orders,
            # Resolved, or waiting for the buyer: nobody is owed an answer.
            asked_at=asked_at if state not in _OWES_NOTHING else None,
            platform_minutes=platform_minutes,
            company_minutes=company_minutes,
            last_at=last_at,
        )
    )


def _clocked(
    said: Mapping[str, Any],
    *,
    severity: Mapping[str, int],
    order_total: Decimal | None,
    past_orders: int,
    asked_at: datetime | None,
    platform_minutes: int | None,
    company_minutes: int,
    last_at: datetime | None = None,
) -> dict[str, Any]:
    """Priority, deadlines and rank that follow from the labels and what is at stake."""
    points = priority(
        Facts(
            urgency=said["urgency"],
            emotion=said["emotion"],
            complaint=said["complaint"],
            threats=said["threats"],
            severity=severity.get(said["intent"], 1),
            order_total=order_total,
            past_orders=past_orders,
        )
    )
    clocks = due(
        asked_at=asked_at,
        platform_minutes=platform_minutes,
        company_minutes=company_minutes,
        priority=points,
        last_at=last_at or said["last_message_at"],
    )
    return {
        "priority": points,
        "platform_due_at": clocks.platform_at,
        "company_due_at": clocks.company_at,
        "rank_at": clocks.rank_at,
    }
