"""Search: words of every language, numbers, names, addresses; newest first, fast at any size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right

_CHARS = 20_000
_TOKENS = 600
_SIZE = 40
_LIMIT = 200

# Scripts without spaces between words are cut into pairs of letters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:[-.'’@+_][^\W_{_UNSPACED}]+)*")
_UNSPACED_PIECE = re.compile(rf"[{_UNSPACED}]")
_JOINT = re.compile(r"[-.'’@+_]")


def folded(text: str) -> str:
    """The text without case and accents, so that ``Größe`` is found by ``grosse`` and ``große``."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parted if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """What a text is found by: words and their parts, pairs of letters in unspaced scripts."""
    found: dict[str, None] = {}
    for token in _tokens(folded(text[:_CHARS])):
        found[token] = None
        if len(found) >= _TOKENS:
            break
    return list(found)


def _tokens(text: str) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        if _UNSPACED_PIECE.match(piece):
            yield from (piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
            continue
        yield piece[:_SIZE]
        parts = _JOINT.split(piece)
        if len(parts) > 1:
            yield from (part[:_SIZE] for part in parts if part)


def query_of(text: str) -> str:
    """A tsquery: every word must be there, the last letters of a word may be missing."""
    terms = []
    for piece in _PIECE.findall(folded(text[:500])):
        if _UNSPACED_PIECE.match(piece):
            pairs = [piece[i : i + 2] for i in range(max(1, len(piece) - 1))]
            terms += [f"'{pair}'" + (":*" if len(pair) == 1 else "") for pair in pairs]
        else:
            terms.append("'" + piece[:_SIZE].replace("'", "''") + "':*")
    return " & ".join(terms[:20])


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


_WORDS = """
SELECT DISTINCT ON (conversation_id) conversation_id, message_id FROM (
    SELECT conversation_id, message_id FROM inbox_searchtext
    WHERE workspace_id = %(workspace)s AND words @@ %(query)s::tsquery
    ORDER BY message_id DESC LIMIT %(limit)s
) newest ORDER BY conversation_id, message_id DESC
"""
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
            cursor.execute(_WORDS, params)
            found |= dict(cursor.fetchall())
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
