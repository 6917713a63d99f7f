"""What people did with the conversations: answered, resolved, put off, took over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tradewind.core import bulk
from tradewind.inbox.models import Activity, Outgoing, State
from tradewind.inbox.record import preview_of
from tradewind.project.sample.house import House
from tradewind.project.sample.talk import Said, outgoing_of

_COLUMNS = {
    "state": "varchar",
    "snoozed_until": "timestamptz",
    "resolved_at": "timestamptz",
    "assignee_id": "bigint",
    "team_id": "bigint",
    "because": "varchar",
    "n": "integer",
    "unread": "integer",
    "has_failed_send": "boolean",
    "ours": "boolean",
    "newest_id": "bigint",
    "newest_at": "timestamptz",
    "preview": "varchar",
    "country": "varchar",
    "number": "varchar",
    "platform_of_order": "varchar",
}
# ``ours``: the newest message is a reply. An assignee stays unless somebody else has answered.
_SETS = """
    state = r.state, snoozed_until = r.snoozed_until, resolved_at = r.resolved_at,
    assigned_because = CASE WHEN r.assignee_id IS NULL OR r.assignee_id = t.assignee_id
        THEN t.assigned_because ELSE r.because END,
    team_id = CASE WHEN r.assignee_id IS NULL THEN t.team_id ELSE r.team_id END,
    assignee_id = COALESCE(r.assignee_id, t.assignee_id),
    message_count = t.message_count + r.n, unread_count = r.unread,
    has_failed_send = r.has_failed_send,
    last_message_id = CASE WHEN r.ours THEN r.newest_id ELSE t.last_message_id END,
    preview = CASE WHEN r.ours THEN r.preview ELSE t.preview END,
    last_is_ours = r.ours,
    last_message_at = CASE WHEN r.ours THEN r.newest_at ELSE t.last_message_at END,
    country = CASE WHEN t.country = '' THEN r.country ELSE t.country END,
    order_id = COALESCE(t.order_id, (SELECT o.id FROM commerce_order o
        WHERE o.workspace_id = t.workspace_id AND o.number = r.number
          AND o.platform = r.platform_of_order LIMIT 1))
"""
_FAILED = 9


def work(house: House, said: Sequence[Said], *, now: datetime, failed: set[int]) -> None:
    """Bring the conversations to where their people have left them.

    ``failed``: conversation ids whose last reply the platform refused.
    """
    rows = [_row(house, one, now=now, is_failed=one.conversation_id in failed) for one in said]
    with connection.cursor() as cursor:
        bulk.update(cursor, "inbox_conversation", _COLUMNS, rows, sets=_SETS)
    Outgoing.objects.bulk_create(
        [row for one in said for row in outgoing_of(one, is_failed=one.conversation_id in failed)]
    )
    Activity.objects.bulk_create(
        [
            activity
            for one, row in zip(said, rows, strict=True)
            for activity in _activities(house, one, row)
        ]
    )


def pick_failed(said: Sequence[Said], already: int) -> set[int]:
    """A handful of unsettled conversations whose last word is a reply that did not leave."""
    waiting = [
        one.conversation_id
        for one in said
        if one.replies
        and one.case.script.state in ("open", "pending")
        and one.replies[-1].sent_at == one.case.last_at
    ]
    return set(waiting[::12][: _FAILED - already])


def _row(house: House, said: Said, *, now: datetime, is_failed: bool) -> dict[str, Any]:
    case, rng = said.case, said.case.rng
    newest = said.replies[-1] if said.replies else None
    state = case.script.state
    unread = sum(
        turn.who == "b" and (newest is None or turn.at > newest.sent_at) for turn in case.turns
    )
    is_read = state != State.OPEN or rng.random() < 0.35
    seed = case.agent
    return {
        "id": said.conversation_id,
        "state": state,
        "snoozed_until": now + timedelta(hours=rng.uniform(2, 80)) if state == "snoozed" else None,
        "resolved_at": _resolved_at(said, now) if state == State.RESOLVED else None,
        "assignee_id": house.person_of(seed).pk if said.replies else None,
        "team_id": getattr(house.teams[seed.email], "pk", None),
        "because": "took it from the list",
        "n": len(said.replies),
        "unread": 0 if is_read else unread,
        "has_failed_send": is_failed,
        "ours": bool(newest and newest.sent_at >= case.last_at),
        "newest_id": newest.pk if newest else None,
        "newest_at": newest.sent_at if newest else None,
        "preview": preview_of(newest.text) if newest else "",
        "country": case.buyer.country,
        "number": case.sale.number if case.sale else None,
        "platform_of_order": case.sale.store.platform if case.sale else None,
    }


def _resolved_at(said: Said, now: datetime) -> datetime:
    at = said.case.last_at + timedelta(hours=said.case.rng.uniform(0.05, 9))
    return min(at, now - timedelta(minutes=1))


def _activities(house: House, said: Said, row: dict[str, Any]) -> list[Activity]:
    case = said.case
    person = house.person_of(case.agent)
    done = []
    if said.replies:
        at = said.replies[0].sent_at - timedelta(minutes=case.rng.uniform(2, 30))
        done.append(_act(said, max(at, case.turns[0].at), "assigned", person=person))
        done[0].detail = {"person": person.pk, "team": row["team_id"]}
    if case.script.state != "open":
        at = row["resolved_at"] or case.last_at + timedelta(seconds=40)
        done.append(_act(said, at, case.script.state, person=person))
        done[-1].detail = {"was": "open"}
    return done


def _act(said: Said, at: datetime, act: str, *, person: Any) -> Activity:
    return Activity(conversation_id=said.conversation_id, at=at, person=person, act=act)
