"""Which conversation a message belongs to: keys looked up and claimed; the first has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.arrived import Arrived

_THREAD_KEY = {"workspace_id": "bigint", "key": "varchar", "conversation_id": "bigint"}


def join(batch: Sequence[Arrived]) -> set[int]:
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


def forget_keys(conversation_ids: set[int]) -> None:
    """A conversation that would hold only messages shown elsewhere is not opened."""
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM inbox_threadkey WHERE conversation_id = ANY(%s)",
                [sorted(conversation_ids)],
            )
