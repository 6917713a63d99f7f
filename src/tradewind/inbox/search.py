"""Search: words of every language, numbers, names, addresses; newest first, fast at any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right
from tradewind.inbox.words import query_of, tokens

_LIMIT = 200


def index(messages: Sequence[tuple[int, int, int, str]]) -> None:
    """Make messages findable; each is (workspace, message, conversation, text)."""
    rows = [
        {"workspace_id": w, "message_id": m, "conversation_id": c, "tokens": tokens(text)}
        for w, m, c, text in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_searchtext (workspace_id, message_id, conversation_id, words)"
            " SELECT workspace_id, message_id, conversation_id, array_to_tsvector(tokens)"
            " FROM json_to_recordset(%s::json) AS r(workspace_id bigint, message_id bigint,"
            " conversation_id bigint, tokens text[])"
            " ON CONFLICT (message_id) DO UPDATE SET words = excluded.words",
            [bulk.packed(rows)],
        )


# Going back from the newest message: right for words that many hold. Among the newest few first.
_NEWEST = """
SELECT conversation_id, message_id FROM inbox_searchtext
WHERE workspace_id = %(workspace)s AND words @@ %(query)s::tsquery
ORDER BY message_id DESC LIMIT %(limit)s
"""
_LATELY = """
SELECT conversation_id, message_id FROM inbox_searchtext
WHERE workspace_id = %(workspace)s AND words @@ %(query)s::tsquery
  AND message_id > (SELECT max(message_id) - 1500 FROM inbox_searchtext
                    WHERE workspace_id = %(workspace)s)
ORDER BY message_id DESC LIMIT %(limit)s
"""
# By the index of words: right for the others. Gives how many there are, and them unless too many.
_INDEXED = """
WITH holding AS MATERIALIZED (SELECT * FROM inbox_holding(%(query)s::tsquery, %(many)s)),
counted AS (SELECT count(*) AS n FROM holding)
SELECT n, conversation_id, message_id FROM counted LEFT JOIN LATERAL (
    SELECT * FROM holding WHERE n < %(many)s ORDER BY holding.message_id DESC LIMIT %(limit)s
) newest ON true
"""
# What so many hold is soon met by going back.
_MANY = 10_000
_NUMBERS = """
SELECT c.id, COALESCE(c.last_message_id, 0) FROM inbox_conversation c
WHERE c.workspace_id = %(workspace)s AND c.order_id IN (
    SELECT o.id FROM commerce_order o WHERE o.workspace_id = %(workspace)s
      AND o.number IN (%(text)s, %(hashed)s)
    UNION SELECT s.order_id FROM commerce_shipment s WHERE s.workspace_id = %(workspace)s
      AND s.tracking_number = %(upper)s)
UNION
SELECT c.id, COALESCE(c.last_message_id, 0) FROM inbox_conversation c
JOIN commerce_identity i ON i.buyer_id = c.buyer_id
WHERE i.workspace_id = %(workspace)s AND i.value = %(lower)s
LIMIT %(limit)s
"""


def search(actor: Actor, text: str, *, limit: int = _LIMIT) -> list[int]:
    """Ids of the conversations that hold all the words, or the number or address; newest first."""
    actor.require(Right.READ)
    text = text.strip()
    params: dict[str, Any] = {
        "workspace": actor.workspace_id,
        "limit": limit,
        "text": text,
        "hashed": f"#{text.lstrip('#')}",
        "upper": text.upper(),
        "lower": text.lower(),
        "query": query_of(text),
    }
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        if params["query"]:
            found |= _holding_words(cursor, params)
        if any(c.isdigit() or c == "@" for c in text):
            cursor.execute(_NUMBERS, params)
            for conversation_id, message_id in cursor.fetchall():
                found.setdefault(conversation_id, message_id)
        if text.lstrip("#").isdecimal() and len(text) < 12:
            cursor.execute(
                "SELECT id, id FROM inbox_conversation WHERE id = %s", [int(text.lstrip("#"))]
            )
            found |= dict(cursor.fetchall())
    return sorted(found, key=lambda c: found[c], reverse=True)


def _holding_words(cursor: Any, params: Mapping[str, Any]) -> dict[int, int]:
    """The newest messages that hold all the words, one of each conversation."""
    cursor.execute(_LATELY, params)
    if len(rows := cursor.fetchall()) < params["limit"]:
        cursor.execute(_INDEXED, {**params, "many": _MANY})
        counted = cursor.fetchall()
        rows = [row[1:] for row in counted if row[1]]
        if counted[0][0] >= _MANY:
            cursor.execute(_NEWEST, params)
            rows = cursor.fetchall()
    return dict(reversed(rows))
