"""The door of routing: weigh conversations, run their clocks, give them to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.models import Workspace
from tradewind.identity.scope import current_workspace_id
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

# The newest buyer message and the oldest one that nobody has answered decide.
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
    SELECT min(m.sent_at) AS sent_at FROM inbox_message m
    WHERE m.conversation_id = c.id AND m.direction = 'in' AND NOT m.is_auto
      AND m.sent_at > COALESCE((SELECT max(r.sent_at) FROM inbox_message r
          WHERE r.conversation_id = c.id AND r.direction = 'out' AND NOT r.is_auto), '-infinity')
) oldest ON true
WHERE c.id = ANY(%s)
"""
_OWES_NOTHING = {"resolved", "pending"}


def weigh_and_assign(
    conversation_ids: Iterable[int], readings: Mapping[int, Reading]
) -> None:
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
    company_minutes = Workspace.objects.values_list("first_response_minutes", flat=True).get(
        pk=current_workspace_id()
    )
    severity = severities()
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
    points = priority(
        Facts(
            urgency=said["urgency"],
            emotion=said["emotion"],
            complaint=said["complaint"],
            threats=said["threats"],
            severity=severity.get(said["intent"], 1),
            order_total=total,
            past_orders=orders,
        )
    )
    owed: datetime | None = asked_at if state not in _OWES_NOTHING else None
    clocks = due(
        asked_at=owed,
        platform_minutes=platform_minutes,
        company_minutes=company_minutes,
        priority=points,
        last_at=last_at,
    )
    return said | {
        "id": id_,
        "priority": points,
        "platform_due_at": clocks.platform_at,
        "company_due_at": clocks.company_at,
        "rank_at": clocks.rank_at,
    }
