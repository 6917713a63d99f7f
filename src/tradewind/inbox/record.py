"""Messages that came in, written batch by batch: joined to conversations, shown exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from tradewind.core import bulk
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.arrived import Arrived, Recorded
from tradewind.inbox.joining import forget_keys, join
from tradewind.inbox.models import Direction, State

_CONVERSATION = {
    "id": "bigint",
    "workspace_id": "bigint",
    "channel_id": "bigint",
    "store_id": "bigint",
    "buyer_id": "bigint",
    "order_id": "bigint",
    "external_id": "varchar",
    "reply_context": "jsonb",
    "platform": "varchar",
    "subject": "varchar",
    "buyer_name": "varchar",
    "country": "varchar",
    "state": "varchar",
    "assignee_id": "bigint",
    "team_id": "bigint",
    "assigned_because": "varchar",
    "language": "varchar",
    "intent": "varchar",
    "complaint": "varchar",
    "emotion": "varchar",
    "threats": "varchar[]",
    "urgency": "varchar",
    "priority": "smallint",
    "platform_due_at": "timestamptz",
    "company_due_at": "timestamptz",
    "rank_at": "timestamptz",
    "preview": "varchar",
    "last_message_id": "bigint",
    "last_message_at": "timestamptz",
    "last_is_ours": "boolean",
    "message_count": "integer",
    "unread_count": "integer",
    "has_failed_send": "boolean",
    "created_at": "timestamptz",
}
_MESSAGE = {
    "id": "bigint",
    "workspace_id": "bigint",
    "conversation_id": "bigint",
    "channel_id": "bigint",
    "external_id": "varchar",
    "direction": "varchar",
    "author_name": "varchar",
    "subject": "varchar",
    "text": "text",
    "quoted": "text",
    "html": "text",
    "headers": "jsonb",
    "is_auto": "boolean",
    "sent_at": "timestamptz",
    "created_at": "timestamptz",
}
PREVIEW = 200


def record(batch: Sequence[Arrived]) -> Recorded:
    """Write the messages and bring the conversations that were there before up to date."""
    if not batch:
        return Recorded([], {})
    opened_ids = join(batch)
    fresh = _write_messages(batch)
    by_conversation: dict[int, list[Arrived]] = {}
    for arrived in fresh:
        by_conversation.setdefault(arrived.conversation_id or 0, []).append(arrived)
    opened = {i: by_conversation.pop(i) for i in opened_ids if i in by_conversation}
    forget_keys(opened_ids - opened.keys())
    _bring_up_to_date(by_conversation)
    return Recorded(fresh, opened)


def row_of(conversation_id: int, messages: Sequence[Arrived]) -> dict[str, Any]:
    """A new conversation's row as far as its messages tell; labels and clocks are the caller's."""
    first = min(messages, key=lambda a: a.sent_at)
    news = _news(conversation_id, messages)
    return {
        "id": conversation_id,
        "workspace_id": current_workspace_id(),
        "channel_id": first.channel_id,
        "store_id": first.store_id,
        "buyer_id": next((a.buyer_id for a in messages if a.buyer_id), None),
        "order_id": news["order_id"],
        "external_id": first.reply_to[:320],
        "reply_context": first.reply_context,
        "platform": first.platform,
        "subject": first.subject[:400],
        "buyer_name": news["name"],
        "country": first.country,
        "state": State.OPEN,
        "assignee_id": None,
        "team_id": None,
        "assigned_because": "",
        "language": "",
        "intent": "",
        "complaint": "",
        "emotion": "",
        "threats": [],
        "urgency": "",
        "priority": 0,
        "platform_due_at": None,
        "company_due_at": None,
        "rank_at": news["at"],
        "preview": news["preview"],
        "last_message_id": news["message_id"],
        "last_message_at": news["at"],
        "last_is_ours": news["ours"],
        "message_count": news["n"],
        "unread_count": news["unread"],
        "has_failed_send": False,
        "created_at": first.sent_at,
    }


def open_conversations(rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows of new conversations."""
    with connection.cursor() as cursor:
        bulk.insert(cursor, "inbox_conversation", _CONVERSATION, rows)


def _write_messages(batch: Sequence[Arrived]) -> list[Arrived]:
    workspace_id, now = current_workspace_id(), timezone.now()
    with connection.cursor() as cursor:
        ids = bulk.reserve_ids(cursor, "inbox_message", len(batch))
        for arrived, message_id in zip(batch, ids, strict=True):
            arrived.message_id = message_id
        rows = [_row_of(a, workspace_id=workspace_id, now=now) for a in batch]
        written = bulk.insert(
            cursor,
            "inbox_message",
            _MESSAGE,
            rows,
            conflict="(channel_id, external_id) WHERE external_id IS NOT NULL DO NOTHING",
            returning="id",
        )
        # Search words and a deeper reading follow within seconds; see journey.afterthought.
        bulk.insert(
            cursor,
            "inbox_pending",
            {"workspace_id": "bigint", "message_id": "bigint"},
            [{"workspace_id": workspace_id, "message_id": row[0]} for row in written],
        )
    fresh = {row[0] for row in written}
    return [a for a in batch if a.message_id in fresh]


def _row_of(a: Arrived, *, workspace_id: int, now: datetime) -> dict[str, Any]:
    return {
        "id": a.message_id,
        "workspace_id": workspace_id,
        "conversation_id": a.conversation_id,
        "channel_id": a.channel_id,
        "external_id": a.external_id[:320] or None,
        "direction": a.direction,
        "author_name": a.author_name[:200],
        "subject": a.subject[:400],
        "text": a.text,
        "quoted": a.quoted,
        "html": a.html,
        "headers": a.headers,
        "is_auto": a.is_auto,
        "sent_at": a.sent_at,
        "created_at": now,
    }


def _bring_up_to_date(by_conversation: dict[int, list[Arrived]]) -> None:
    """Counts, preview and state of the conversations, whatever order the messages came in."""
    if not by_conversation:
        return
    rows = [_news(id_, by_conversation[id_]) for id_ in sorted(by_conversation)]
    with connection.cursor() as cursor:
        # Rows are locked in one order, so that two workers never wait for each other crosswise;
        # and not against those who only hang something on them, which is checked at their commit.
        cursor.execute(
            "SELECT id FROM inbox_conversation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(by_conversation)],
        )
        bulk.update(cursor, "inbox_conversation", _NEWS, rows, sets=_NEWS_SETS)


def _news(conversation_id: int, messages: Sequence[Arrived]) -> dict[str, Any]:
    newest = max(messages, key=lambda a: (a.sent_at, a.message_id or 0))
    asking = [a for a in messages if a.is_asking]
    return {
        "id": conversation_id,
        "at": newest.sent_at,
        "message_id": newest.message_id,
        "preview": preview_of(newest.text or newest.subject),
        "ours": newest.direction == Direction.OUT,
        "n": len(messages),
        "unread": len(asking),
        "asked": bool(asking),
        "name": next((a.author_name[:200] for a in asking if a.author_name), ""),
        "order_id": next((a.order_id for a in messages if a.order_id), None),
    }


_NEWS = {
    "at": "timestamptz",
    "message_id": "bigint",
    "preview": "varchar",
    "ours": "boolean",
    "n": "integer",
    "unread": "integer",
    "asked": "boolean",
    "name": "varchar",
    "order_id": "bigint",
}
_NEWEST = "(t.message_count = 0 OR r.at >= t.last_message_at)"
# A buyer's clock runs behind ours at times, and a mail's Date is cut to seconds: an answer that
# seems a little older than our last word still opens the conversation.
_ASKS = "(r.asked AND (t.message_count = 0 OR r.at >= t.last_message_at - interval '10 minutes'))"
_NEWS_SETS = f"""
    message_count = t.message_count + r.n,
    unread_count = t.unread_count + r.unread,
    preview = CASE WHEN {_NEWEST} THEN r.preview ELSE t.preview END,
    last_message_id = CASE WHEN {_NEWEST} THEN r.message_id ELSE t.last_message_id END,
    last_is_ours = CASE WHEN {_NEWEST} THEN r.ours ELSE t.last_is_ours END,
    last_message_at = GREATEST(t.last_message_at, r.at),
    buyer_name = CASE WHEN t.buyer_name = '' THEN r.name ELSE t.buyer_name END,
    order_id = COALESCE(t.order_id, r.order_id),
    state = CASE WHEN {_ASKS} THEN 'open' ELSE t.state END,
    snoozed_until = CASE WHEN {_ASKS} THEN NULL ELSE t.snoozed_until END,
    resolved_at = CASE WHEN {_ASKS} THEN NULL ELSE t.resolved_at END
"""


def preview_of(text: str) -> str:
    """The first words of a text on one line; what is written without blanks is cut anywhere."""
    line = " ".join(text[: PREVIEW * 3].split())
    if len(line) <= PREVIEW:
        return line
    # Half an address or number would not be known for one where it is to be hidden.
    whole = line[: PREVIEW + 1].rpartition(" ")[0]
    return whole if len(whole) > PREVIEW // 2 else line[:PREVIEW]
