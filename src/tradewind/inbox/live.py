"""What screens are told: rows of LiveEvent, and a NOTIFY that says that there are some."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from tradewind.identity.scope import current_workspace_id

CHANNEL = "tradewind_live"
_AT_ONCE = 200
_LOCK = 7461


def tell(kind: str, conversation_ids: Iterable[int], **detail: Any) -> None:
    """Tell every screen of the workspace, once this transaction is committed."""
    ids = list(conversation_ids)
    workspace_id = current_workspace_id()
    chunks: Sequence[list[int]] = [
        ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)
    ] or [[]]
    with connection.cursor() as cursor:
        # Ids must become visible in their order, or a reconnecting screen would miss one that was
        # drawn early and committed late. Held only from here to the commit.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, workspace_id % 2**31])
        for chunk in chunks:
            cursor.execute(
                "INSERT INTO inbox_liveevent (workspace_id, kind, conversation_ids, detail, at)"
                " VALUES (%s, %s, %s, %s, now())",
                [workspace_id, kind, chunk, json.dumps(detail)],
            )
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(workspace_id)])


def newest() -> int:
    """The last event of this workspace: a page that is read after this hears what comes later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(max(id), 0) FROM inbox_liveevent WHERE workspace_id = %s",
            [current_workspace_id()],
        )
        row = cursor.fetchone() or (0,)
        return int(row[0])


def forget(*, older_than_minutes: int = 60) -> int:
    """Drop what no reconnect will ask for any more, but never the newest; the number dropped.

    The newest tells whoever comes back after a quiet hour that they have missed nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inbox_liveevent gone WHERE at < now() - make_interval(mins => %s)"
            " AND id < (SELECT max(id) FROM inbox_liveevent kept"
            " WHERE kept.workspace_id = gone.workspace_id)",
            [older_than_minutes],
        )
        return int(cursor.rowcount)
