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
    "assigned_because": "varchar",
    "language": "varchar",
    "intent": "varchar",
    "complaint": "varchar",
    "emotion": "varchar",
    "threats": "varchar[]",
    "urgency": "varchar",
    "priority": "smallint",
    "rank_at": "timestamptz",
    "preview": "varchar",
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
    is_edit: bool = False
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


def record(batch: Sequence[Arrived]) -> list[Arrived]:
    """Write the messages; those returned are new, the others were there before."""
    if not batch:
        return []
    _join(batch)
    fresh = _write_messages(batch)
    _bring_up_to_date(fresh)
    return fresh


def _join(batch: Sequence[Arrived]) -> None:
    """Find or open the conversation of each message: the first of its keys that is known decides."""
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
    _open_conversations(
        [(id_, a) for id_, a in zip(ids, openers, strict=True) if id_ in won],
    )
    more: dict[str, int] = {}
    for arrived in batch:
        arrived.conversation_id = _first_known(arrived, known, more)
        for key in arrived.thread_keys:
            if key not in known:
                more.setdefault(key, arrived.conversation_id)
    _claim_keys(more)


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


def _open_conversations(openers: Sequence[tuple[int, Arrived]]) -> None:
    workspace_id, now = current_workspace_id(), timezone.now()
    rows = [
        {
            "id": conversation_id,
            "workspace_id": workspace_id,
            "channel_id": a.channel_id,
            "store_id": a.store_id,
            "buyer_id": a.buyer_id,
            "order_id": a.order_id,
            "external_id": a.reply_to[:320],
            "reply_context": a.reply_context,
            "platform": a.platform,
            "subject": a.subject[:400],
            "buyer_name": a.author_name[:200] if a.direction == Direction.IN else "",
            "country": a.country,
            "state": State.OPEN,
            "assigned_because": "",
            "language": "",
            "intent": "",
            "complaint": "",
            "emotion": "",
            "threats": [],
            "urgency": "",
            "priority": 0,
            "rank_at": now,
            "preview": "",
            "last_message_at": a.sent_at,
            "last_is_ours": False,
            "message_count": 0,
            "unread_count": 0,
            "has_failed_send": False,
            "created_at": a.sent_at,
        }
        for conversation_id, a in openers
    ]
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


def _bring_up_to_date(fresh: Sequence[Arrived]) -> None:
    """Counts, preview and state of the conversations, whatever order the messages came in."""
    by_conversation: dict[int, list[Arrived]] = {}
    for arrived in fresh:
        by_conversation.setdefault(arrived.conversation_id or 0, []).append(arrived)
    rows = []
    for conversation_id in sorted(by_conversation):
        messages = by_conversation[conversation_id]
        newest = max(messages, key=lambda a: (a.sent_at, a.message_id or 0))
        asking = [a for a in messages if a.is_asking]
        rows.append(
            {
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
        )
    with connection.cursor() as cursor:
        # Rows are locked in one order, so that two workers never wait for each other crosswise.
        cursor.execute(
            "SELECT id FROM inbox_conversation WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [sorted(by_conversation)],
        )
        bulk.update(cursor, "inbox_conversation", _NEWS, rows, sets=_NEWS_SETS)


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
