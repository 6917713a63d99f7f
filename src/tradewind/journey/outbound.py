"""A reply as its channel's sender wants it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from tradewind.channels.contract import Outbound, OutboundFile
from tradewind.channels.mail.threads import is_own, own_addresses
from tradewind.inbox.models import Conversation, Direction, Message, Outgoing
from tradewind.inbox.storage import file_store


class NobodyToAnswer(LookupError):
    """The reply has no address but our own; the text says so."""


def outbound_of(row: Outgoing) -> Outbound:
    """The reply with its thread, its files, and what the channel told of the conversation.

    Raises NobodyToAnswer.
    """
    message, conversation = row.message, row.message.conversation
    is_mail = conversation.platform == "email"
    asked = (
        conversation.messages.filter(direction=Direction.IN, is_auto=False)
        .order_by("-sent_at", "-id")
        .first()
    )
    last = asked or (_own_mail_before(message) if is_mail else None)
    headers: dict[str, Any] = last.headers if last else {}
    return Outbound(
        text=message.text,
        conversation_id=str(conversation.pk) if is_mail else conversation.external_id,
        idempotency_key=row.idempotency_key,
        buyer_id=conversation.external_id,
        buyer_address=_address(last, conversation),
        buyer_name=conversation.buyer_name,
        subject=conversation.subject,
        reply_to=headers.get("message_id", "") if is_mail else "",
        references=headers.get("references", []),
        attachments=_files(message),
        context=conversation.reply_context
        | {"last_inbound_at": _iso(asked.sent_at if asked else None)},
    )


def _own_mail_before(message: Message) -> Message | None:
    """Our last mail that left, for a conversation that we began and nobody has answered."""
    return (
        message.conversation.messages.filter(
            Q(outgoing=None) | Q(outgoing__accepted_at__isnull=False), direction=Direction.OUT
        )
        .exclude(pk=message.pk)
        .order_by("-sent_at", "-id")
        .first()
    )


def _address(last: Message | None, conversation: Conversation) -> str:
    """Who asked to be answered where, or to whom we wrote; never ourselves."""
    headers: dict[str, Any] = last.headers if last else {}
    found = [headers.get("reply_address"), conversation.external_id]
    if conversation.platform != "email":
        return next(filter(None, found), "")
    if last and last.direction == Direction.OUT:
        found[1:1] = [*headers.get("to", []), *headers.get("cc", [])]
    own = own_addresses(conversation.channel.config)
    others = [one for one in found if one and not is_own(one.lower(), own)]
    if not others:
        raise NobodyToAnswer(
            f"the buyer's address is not known: this conversation names only our own, {found[-1]}"
        )
    return others[0]


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _files(message: Message) -> list[OutboundFile]:
    return [
        OutboundFile(name=a.name, mime=a.mime, data=file_store().get(a.storage_key))
        for a in message.attachments.exclude(storage_key="").order_by("id")
    ]
