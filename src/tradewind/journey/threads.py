"""What ties a message to a conversation: platform thread, order, mail headers, in that order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_SIZE = 380
# A key that fades is kept under the fortnight it was used in and looked for in the last ones.
_FORTNIGHT = 15


@dataclass(slots=True)
class Ties:
    """Keys to look a conversation up by, strongest first.

    ``keys`` are also kept for those who come after, ``faded`` are only looked up; ``conversation``
    is an id that our own token in the mail vouches for.
    """

    keys: list[str] = field(default_factory=list)
    faded: list[str] = field(default_factory=list)
    conversation: int | None = None


def ties_of(channel_id: int, fields: Mapping[str, Any], *, at: datetime) -> Ties:
    """What the message is tied by; never without a key."""
    if "thread_keys" in fields:
        return _mail_ties(channel_id, fields, at=at)
    return Ties([_key(channel_id, _tie(fields))])


def _tie(fields: Mapping[str, Any]) -> str:
    """A message without a platform thread joins what its sender wrote about the same order."""
    if conversation_id := fields.get("conversation_id"):
        return f"thread:{conversation_id}"
    sender = fields.get("author_id") or fields.get("author_email") or fields.get("author_phone")
    if orders := fields.get("order_ids"):
        return f"order:{orders[0]}:{sender or ''}"
    return f"sender:{sender}" if sender else f"alone:{fields['id']}"


def _mail_ties(channel_id: int, fields: Mapping[str, Any], *, at: datetime) -> Ties:
    ties = Ties()
    for given in fields["thread_keys"]:
        kind, value, days = given["kind"], given["value"], given.get("within_days")
        if kind == "conversation":
            ties.conversation = int(value) if value.isdecimal() else None
        elif days:
            now = at.toordinal() // _FORTNIGHT
            ties.keys.append(_key(channel_id, f"{kind}:{value}:{now}"))
            ties.faded += [
                _key(channel_id, f"{kind}:{value}:{now - n}")
                for n in range(1, days // _FORTNIGHT + 1)
            ]
        else:
            ties.keys.append(_key(channel_id, f"{kind}:{value}"))
    # Answers to this mail name it.
    ties.keys.append(_key(channel_id, f"message:{fields['id']}"))
    return ties


def message_key(channel_id: int, message_id: str) -> str:
    """The key by which answers to a mail of ours find its conversation."""
    return _key(channel_id, f"message:{message_id}")


def thread_key(channel_id: int, conversation_id: str) -> str:
    """The key of a conversation by the platform's own id of it."""
    return _key(channel_id, f"thread:{conversation_id}")


def _key(channel_id: int, value: str) -> str:
    if len(value) > _SIZE:
        value = "sha256:" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{channel_id}:{value}"
