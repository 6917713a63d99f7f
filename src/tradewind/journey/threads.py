"""What ties a message to a conversation: platform thread, order number, mail headers, in that order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_SIZE = 380


def thread_keys(channel_id: int, fields: Mapping[str, Any]) -> list[str]:
    """Keys to look a conversation up by, strongest first; never empty.

    A mail brings its own keys (channels.mail.threads), a platform its conversation id. A message
    with neither joins what the same sender wrote about the same order, or about none.
    """
    if given := fields.get("thread_keys"):
        return [_key(channel_id, str(key)) for key in given]
    if conversation_id := fields.get("conversation_id"):
        return [_key(channel_id, f"thread:{conversation_id}")]
    sender = fields.get("author_id") or fields.get("author_email") or fields.get("author_phone")
    if orders := fields.get("order_ids"):
        return [_key(channel_id, f"order:{orders[0]}:{sender or ''}")]
    if sender:
        return [_key(channel_id, f"sender:{sender}")]
    return [_key(channel_id, f"alone:{fields['id']}")]


def _key(channel_id: int, value: str) -> str:
    if len(value) > _SIZE:
        value = "sha256:" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{channel_id}:{value}"
