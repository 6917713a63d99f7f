"""Messages that came in, written batch by batch: joined to conversations, shown exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from tradewind.core import bulk
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.models import Direction, State

_THREAD_KEY = {"workspace_id": "bigint", "key": "varchar", "conversation_id": "bigint"}
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


@dataclass(slots=True)
class Arrived:
    """A message on its way into the inbox; ids are filled in as it goes."""

    channel_id: int
    platform: str
    external_id: str
    direction: str
    thread_keys: list[str]
    text: str
    sent_at: datetime
    faded_keys: list[str] = field(default_factory=list)
    author_name: str = ""
    subject: str = ""
    quoted: str = ""
    html: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    is_auto: bool = False
    edited_at: datetime | None = None
    store_id: int | None = None
    buyer_id: int | None = None
    order_id: int | None = None
    country: str = ""
    reply_to: str = ""  # conversation id on the platform, or the address to answer
    reply_context: dict[str, Any] = field(default_factory=dict)
    attachments: list[Any] = field(default_factory=list)
    conversation_id: int | None = None
    message_id: int | None = None
    is_first: bool = False  # it opened its conversation

    @property
    def is_asking(self) -> bool:
        """Whether a person on the other side said it."""
        return self.direction == Direction.IN and not self.is_auto


@dataclass(slots=True)
class Recorded:
    """What became of a batch.

    ``fresh`` messages are new, the others were there before. ``opened`` are new conversations with
    their fresh messages: their rows are still to be written, by open_conversations, once it is
    known how urgent they are; one insert is cheaper than an insert and two updates.
    """

    fresh: list[Arrived]
    opened: dict[int, list[Arrived]]

    @property
    def known(self) -> list[int]:
        """Conversations that were there before and have something new."""
        ids = {a.conversation_id for a in self.fresh if a.conversation_id}
        return sorted(ids - self.opened.keys())


def record(batch: Sequence[Arrived]) -> Recorded:
    """Write the messages and bring the conversations that were there before up to date."""
    if not batch:
        return Recorded([], {})
    opened_ids = _join(batch)
    fresh = _write_messages(batch)
    by_conversation: dict[int, list[Arrived]] = {}
    for arrived in fresh:
        by_conversation.setdefault(arrived.conversation_id or 0, []).append(arrived)
    opened = {i: by_conversation.pop(i) for i in opened_ids if i in by_conversation}
    _forget_keys(opened_ids - opened.keys())
    _bring_up_to_date(by_conversation)
    return Recorded(fresh, opened)


def _forget_keys(conversation_ids: set[int]) -> None:
    """A conversation that would hold only messages shown elsewhere is not opened."""
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM inbox_threadkey WHERE conversation_id = ANY(%s)",
                [sorted(conversation_ids)],
            )


def _join(batch: Sequence[Arrived]) -> set[int]:
    """Find or open the conversation of each message: the first of its keys that is known decides.

    Gives the ids of those opened.
    """
    known = _find_keys({key for a in batch for key in (*a.thread_keys, *a.faded_keys)})
    _take_hints(batch, known)
    openers = _openers(batch, known)
    with connection.cursor() as cursor:
        ids = bulk.reserve_ids(cursor, "inbox_conversation", len(openers))
    claims = {}
    for conversation_id, opener in zip(ids, openers, strict=True):
        claims[opener.thread_keys[0]] = conversation_id
    known |= _claim_keys(claims)
    won = set(known.values())
    more: dict[str, int] = {}
    for arrived in batch:
        arrived.conversation_id = _first_known(arrived, known, more)
        for key in arrived.thread_keys:
            if key not in known:
                more.setdefault(key, arrived.conversation_id)
    _claim_keys(more)
    return {conversation_id for conversation_id in ids if conversation_id in won}


def _take_hints(batch: Sequence[Arrived], known: dict[str, int]) -> None:
    """A conversation named by our own token counts before any key, if it is there."""
    hinted = {a.conversation_id for a in batch if a.conversation_id}
    if not hinted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM inbox_conversation WHERE workspace_id = %s AND id = ANY(%s)",
            [current_workspace_id(), sorted(hinted)],
        )
        there = {row[0] for row in cursor.fetchall()}
    for arrived in batch:
        if arrived.conversation_id in there:
            key = f"{arrived.channel_id}:token:{arrived.conversation_id}"
            arrived.thread_keys.insert(0, key)
            known[key] = arrived.conversation_id or 0


def _first_known(arrived: Arrived, *maps: dict[str, int]) -> int:
    keys = (*arrived.thread_keys, *arrived.faded_keys)
    return next(m[key] for key in keys for m in maps if key in m)


def _openers(batch: Sequence[Arrived], known: dict[str, int]) -> list[Arrived]:
    seen = set(known)
    openers = []
    for arrived in batch:
        if seen.isdisjoint((*arrived.thread_keys, *arrived.faded_keys)):
            arrived.is_first = True
            openers.append(arrived)
        seen.update(arrived.thread_keys)
    return openers


def _find_keys(keys: Iterable[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, conversation_id FROM inbox_threadkey"
            " WHERE workspace_id = %s AND key = ANY(%s)",
            [current_workspace_id(), sorted(keys)],
        )
        return dict(cursor.fetchall())


def _claim_keys(claims: dict[str, int]) -> dict[str, int]:
    """Write keys in order (two workers never wait for each other crosswise); the winner's count."""
    if not claims:
        return {}
    workspace_id = current_workspace_id()
    rows = [
        {"workspace_id": workspace_id, "key": key, "conversation_id": claims[key]}
        for key in sorted(claims)
    ]
    with connection.cursor() as cursor:
        got = dict(
            bulk.insert(
                cursor,
                "inbox_threadkey",
                _THREAD_KEY,
                rows,
                conflict="(workspace_id, key) DO NOTHING",
                returning="key, conversation_id",
            )
        )
    if lost := claims.keys() - got.keys():
        got |= _find_keys(lost)
    return got


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
        rows = [
            {
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
            for a in batch
        ]
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
_NEWS_SETS = f"""
    message_count = t.message_count + r.n,
    unread_count = t.unread_count + r.unread,
    preview = CASE WHEN {_NEWEST} THEN r.preview ELSE t.preview END,
    last_message_id = CASE WHEN {_NEWEST} THEN r.message_id ELSE t.last_message_id END,
    last_is_ours = CASE WHEN {_NEWEST} THEN r.ours ELSE t.last_is_ours END,
    last_message_at = GREATEST(t.last_message_at, r.at),
    buyer_name = CASE WHEN t.buyer_name = '' THEN r.name ELSE t.buyer_name END,
    order_id = COALESCE(t.order_id, r.order_id),
    state = CASE WHEN r.asked AND {_NEWEST} THEN 'open' ELSE t.state END,
    snoozed_until = CASE WHEN r.asked AND {_NEWEST} THEN NULL ELSE t.snoozed_until END,
    resolved_at = CASE WHEN r.asked AND {_NEWEST} THEN NULL ELSE t.resolved_at END
"""


def preview_of(text: str) -> str:
    """The first words of a text on one line."""
    return " ".join(text[: PREVIEW * 3].split())[:PREVIEW]
