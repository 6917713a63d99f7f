"""Deliveries: accepted once, claimed in batches, settled, replayed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from tradewind.channels.sealing import open_body, seal_body
from tradewind.core import bulk
from tradewind.core.crypto import CannotOpenError
from tradewind.identity.scope import current_workspace_id

NOTIFY = "tradewind_arrivals"
_KEY_SIZE = 200
# What one batch holds in memory, sealed: a mail may have 100 MB, and opening and reading add to it.
CLAIM_BYTES = 32 * 1024 * 1024

# One statement accepts a batch; what was there already is left out of its answer, FIND tells it.
# Columns: dedupe keys, envelopes, bodies, workspace, channel, transport.
ACCEPT = """
INSERT INTO channels_delivery (workspace_id, channel_id, transport, dedupe_key, envelope, body,
    state, received_at, attempts, error, warnings)
SELECT g.workspace_id, g.channel_id, g.transport, g.dedupe_key, g.envelope, g.body, 'waiting',
    clock_timestamp(), 0, '', '[]'
FROM (SELECT unnest(%s::varchar[]) AS dedupe_key, unnest(%s::jsonb[]) AS envelope,
    unnest(%s::bytea[]) AS body, %s::bigint AS workspace_id, %s::bigint AS channel_id,
    %s::varchar AS transport) g
ON CONFLICT (channel_id, dedupe_key) DO NOTHING
RETURNING dedupe_key, id, true
"""
# Keys that were there. Columns: channel, dedupe keys.
FIND = (
    "SELECT dedupe_key, id, false FROM channels_delivery"
    " WHERE channel_id = %s AND dedupe_key = ANY(%s)"
)


@dataclass(frozen=True, slots=True)
class Raw:
    """Something that came in, before it is stored."""

    dedupe_key: str
    body: bytes = field(repr=False)
    envelope: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a raw thing: its delivery, and whether it is new."""

    dedupe_key: str
    delivery_id: int
    is_new: bool


@dataclass(slots=True)
class Claimed:
    """A delivery taken by this worker until its transaction ends."""

    id: int
    channel_id: int
    dedupe_key: str
    transport: str
    envelope: dict[str, Any]
    body: bytes = field(repr=False)
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    is_ignored: bool = False


def short_key(key: str) -> str:
    """A dedupe key that fits the column; a long one becomes its hash."""
    return (
        key if 0 < len(key) <= _KEY_SIZE else "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    )


def accept_params(
    workspace_id: int, channel_id: int, transport: str, raws: Sequence[Raw]
) -> list[Any]:
    """Parameters of ACCEPT; bodies are sealed here. Keys must be unique within the batch."""
    return [
        [raw.dedupe_key for raw in raws],
        [orjson.dumps(raw.envelope).decode() for raw in raws],
        [seal_body(raw.body, channel_id=channel_id, dedupe_key=raw.dedupe_key) for raw in raws],
        workspace_id,
        channel_id,
        transport,
    ]


def accept(channel_id: int, raws: Sequence[Raw], *, transport: str) -> list[Accepted]:
    """Store what came in and wake the workers; on return it is safe unless you roll back."""
    by_key = {raw.dedupe_key: raw for raw in raws}
    if not by_key:
        return []
    # In one order: two that accept the same keys never wait crosswise.
    unique = [by_key[key] for key in sorted(by_key)]
    workspace_id = current_workspace_id()
    with connection.cursor() as cursor:
        cursor.execute(ACCEPT, accept_params(workspace_id, channel_id, transport, unique))
        accepted = [Accepted(*row) for row in cursor.fetchall()]
        if missing := sorted(by_key.keys() - {one.dedupe_key for one in accepted}):
            cursor.execute(FIND, [channel_id, missing])
            accepted += [Accepted(*row) for row in cursor.fetchall()]
        cursor.execute("SELECT pg_notify(%s, %s)", [NOTIFY, str(workspace_id)])
    return accepted


def waiting_workspaces() -> list[int]:
    """Workspaces that have deliveries to apply."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT channels_waiting()")
        return [row[0] for row in cursor.fetchall()]


# Sizes stand beside the bodies, so that none is read in order to be left out.
_CLAIM = """
SELECT id, channel_id, dedupe_key, transport, envelope, body FROM (
    SELECT w.*, sum(size) OVER (ORDER BY id) AS through FROM (
        SELECT id, channel_id, dedupe_key, transport, envelope, body, octet_length(body) AS size
        FROM channels_delivery WHERE workspace_id = %s AND state = 'waiting'
        ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    ) w
) f WHERE through <= %s OR through = size ORDER BY id
"""


def claim(limit: int) -> list[Claimed]:
    """Take waiting deliveries, oldest first; others pass over them until the transaction ends.

    As many as fit into CLAIM_BYTES, at least one; the rest of ``limit`` waits for the next batch.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [current_workspace_id(), limit, CLAIM_BYTES])
        return [_claimed(*row) for row in cursor.fetchall()]


def _claimed(
    id_: int, channel_id: int, key: str, transport: str, envelope: Any, body: bytes
) -> Claimed:
    claimed = Claimed(
        id=id_,
        channel_id=channel_id,
        dedupe_key=key,
        transport=transport,
        envelope=envelope if isinstance(envelope, dict) else orjson.loads(envelope),
        body=b"",
    )
    try:
        claimed.body = open_body(bytes(body), channel_id=channel_id, dedupe_key=key)
    except CannotOpenError as error:
        claimed.error = f"its body cannot be opened: {error}"
    return claimed


def settle(claimed: Iterable[Claimed]) -> None:
    """Write down how each ended: applied, nothing to do, or failed with its reason."""
    rows = [
        {
            "id": c.id,
            "state": "failed" if c.error else "ignored" if c.is_ignored else "applied",
            "error": c.error,
            "warnings": c.warnings,
        }
        for c in claimed
    ]
    with connection.cursor() as cursor:
        bulk.update(
            cursor,
            "channels_delivery",
            {"state": "varchar", "error": "text", "warnings": "jsonb"},
            rows,
            sets="state = r.state, error = r.error, warnings = r.warnings,"
            " attempts = t.attempts + 1, applied_at = clock_timestamp()",
        )


def touch(channel_ids: Iterable[int]) -> None:
    """Note that deliveries came through these channels just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_channel SET last_delivery_at = %s"
            # At most once a second: a busy channel's row must not be rewritten by every batch.
            " WHERE id = ANY(%s) AND (last_delivery_at IS NULL"
            " OR last_delivery_at < %s - interval '1 second')",
            [now := timezone.now(), sorted(channel_ids), now],
        )
