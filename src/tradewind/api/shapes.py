"""Rows as programs see them, in the forms of api.forms."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from tradewind.identity.errors import Invalid
from tradewind.inbox.models import Attachment, AttachmentState, Conversation, Message

_CURSOR = re.compile(r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00_\d{1,18}")
_PLAIN = (
    "id", "external_id", "subject", "state", "snoozed_until", "platform", "language", "intent",
    "complaint", "emotion", "threats", "urgency", "priority", "platform_due_at", "company_due_at",
    "preview", "message_count", "last_is_ours", "last_message_at", "has_failed_send", "created_at",
    "resolved_at",
)  # fmt: skip


def packed_cursor(cursor: str | None) -> str | None:
    """The cursor as letters that need no escaping in an address."""
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=") if cursor else None


def unpacked_cursor(packed: str) -> str:
    """The cursor of the inbox; raises Invalid."""
    if not packed:
        return ""
    try:
        cursor = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, ValueError):
        cursor = ""
    if not _CURSOR.fullmatch(cursor):
        raise Invalid(f"cursor: got “{packed[:60]}”, wanted one that a page gave as next")
    return cursor


def conversation_shape(conversation: Conversation) -> dict[str, Any]:
    """A conversation as the list shows it."""
    shape: dict[str, Any] = {name: getattr(conversation, name) for name in _PLAIN}
    channel, buyer, order = conversation.channel, conversation.buyer, conversation.order
    shape["channel"] = {"id": channel.pk, "name": channel.name, "platform": channel.platform}
    shape["store"] = _named(conversation.store)
    shape["assignee"] = _named(conversation.assignee)
    shape["buyer"] = buyer and {
        "id": buyer.pk,
        "name": buyer.name or conversation.buyer_name,
        "country": buyer.country,
    }
    shape["order"] = order and {"id": order.pk, "number": order.number}
    return shape


def state_shape(conversation: Conversation) -> dict[str, Any]:
    """Where a conversation stands."""
    return {
        "id": conversation.pk,
        "state": conversation.state,
        "snoozed_until": conversation.snoozed_until,
        "assignee": _named(conversation.assignee),
    }


def _named(thing: Any) -> dict[str, Any] | None:
    return {"id": thing.pk, "name": str(thing)} if thing else None


def message_shape(message: Message, readings: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """A message with its reading, its files and, of a reply, how far it has come."""
    names = (
        "id", "external_id", "direction", "subject", "text", "quoted", "is_auto", "sent_at",
        "edited_at",
    )  # fmt: skip
    reading = readings.get(message.pk)
    return {
        **{name: getattr(message, name) for name in names},
        "conversation": message.conversation_id,
        "author": message.author_name,
        "attachments": [attachment_shape(a) for a in message.attachments.all()],
        "reading": {"id": message.pk, **reading} if reading else None,
        "delivery": delivery_shape(message),
    }


def delivery_shape(message: Message) -> dict[str, Any] | None:
    """How far a reply has come; None of what is no reply of ours."""
    if (row := getattr(message, "outgoing", None)) is None:
        return None
    names = (
        "state",
        "attempts",
        "platform_id",
        "error_code",
        "accepted_at",
        "delivered_at",
        "read_at",
    )
    return {**{name: getattr(row, name) for name in names}, "error": row.error_text}


def attachment_shape(attachment: Attachment) -> dict[str, Any]:
    """A file of a message; its address is there when its bytes are."""
    is_here = attachment.state == AttachmentState.STORED and attachment.storage_key
    names = ("id", "name", "mime", "size", "state")
    return {
        **{name: getattr(attachment, name) for name in names},
        "url": reverse("api-v1:download_attachment", args=[attachment.pk]) if is_here else None,
    }
