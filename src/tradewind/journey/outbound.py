"""A reply as its channel's sender wants it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.channels.contract import Outbound, OutboundFile
from tradewind.inbox.models import Direction, Message, Outgoing
from tradewind.inbox.storage import file_store


def outbound_of(row: Outgoing) -> Outbound:
    """The reply with its thread, its files, and what the channel told of the conversation."""
    message, conversation = row.message, row.message.conversation
    last = (
        conversation.messages.filter(direction=Direction.IN, is_auto=False)
        .order_by("-sent_at", "-id")
        .first()
    )
    headers: dict[str, Any] = last.headers if last else {}
    is_mail = conversation.platform == "email"
    return Outbound(
        text=message.text,
        conversation_id=str(conversation.pk) if is_mail else conversation.external_id,
        idempotency_key=row.idempotency_key,
        buyer_id=conversation.external_id,
        buyer_address=headers.get("reply_address") or conversation.external_id,
        buyer_name=conversation.buyer_name,
        subject=conversation.subject,
        reply_to=headers.get("message_id", "") if is_mail else "",
        references=headers.get("references", []),
        attachments=_files(message),
        context=conversation.reply_context
        | {"last_inbound_at": _iso(last.sent_at if last else None)},
    )


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _files(message: Message) -> list[OutboundFile]:
    return [
        OutboundFile(name=a.name, mime=a.mime, data=file_store().get(a.storage_key))
        for a in message.attachments.exclude(storage_key="").order_by("id")
    ]
