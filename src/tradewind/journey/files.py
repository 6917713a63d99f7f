"""Files that came with messages are kept; what is still on the platform is fetched later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import Attachment, AttachmentState
from tradewind.inbox.storage import file_store, key_for

MAX_BYTES = 40 * 1024 * 1024


def keep(fresh: Sequence[Arrived]) -> list[Attachment]:
    """Write the attachments of new messages; a file stays even when the transaction does not.

    Gives those whose bytes are still on the platform.
    """
    rows = [_row(a, given) for a in fresh for given in a.attachments]
    Attachment.objects.bulk_create(rows)
    return [row for row in rows if row.state == AttachmentState.REMOTE]


def _row(arrived: Arrived, given: Mapping[str, Any]) -> Attachment:
    row = Attachment(
        message_id=arrived.message_id,
        name=str(given.get("name") or given.get("kind") or "file").replace("\x00", "")[:255],
        mime=str(given.get("mime") or "application/octet-stream")[:120],
        size=int(given.get("size") or 0),
        content_id=str(given.get("cid") or given.get("content_id") or "")[:255],
    )
    data = given.get("data")
    if given.get("refused"):
        row.state, row.reason = AttachmentState.REFUSED, str(given["refused"])[:300]
    elif data is not None and len(data) > MAX_BYTES:
        row.state = AttachmentState.REFUSED
        row.reason = f"{len(data) // 2**20} MB, more than the {MAX_BYTES // 2**20} MB kept here"
    elif data is not None:
        row.storage_key = key_for(current_workspace_id(), data)
        row.size = len(data)
        file_store().put(row.storage_key, data)
    else:
        row.state = AttachmentState.REMOTE
        row.remote = {k: str(v) for k, v in given.items() if k in ("media_id", "url") and v}
    return row
