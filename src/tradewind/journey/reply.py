"""A reply leaves: draft → policy check → language → outgoing row → connector → receipt.

Writing and sending are two transactions on purpose: the reply and its outgoing row are one, so that
neither is without the other; what the platform answers is another. Between them the row says
*sending*, so that nobody sends it a second time.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.transaction import atomic, on_commit
from django.utils import timezone

from tradewind.channels.contract import Account, Outbound
from tradewind.channels.mail.account import message_id_of
from tradewind.channels.sealing import account_of
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.inbox import live, outgoing
from tradewind.inbox import services as inbox
from tradewind.inbox.models import (
    Attachment,
    Conversation,
    Direction,
    Message,
    Outgoing,
    Pending,
    SendState,
    State,
    ThreadKey,
)
from tradewind.inbox.record import preview_of
from tradewind.journey import policy
from tradewind.journey.leaving import send_due as send_due
from tradewind.journey.threads import message_key
from tradewind.routing import services as routing

NOTIFY = "tradewind_outgoing"
UNDO = timedelta(seconds=10)


class PolicyStop(Invalid):
    """The platform forbids a reply like this."""

    def __init__(self, findings: Sequence[policy.Finding]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(f.text for f in findings), findings=[f.code for f in findings])


@atomic
def write(
    actor: Actor,
    conversation: Conversation,
    text: str,
    *,
    base_message_id: int | None = None,
    idempotency_key: str = "",
    attachment_ids: Sequence[int] = (),
    hold: timedelta = timedelta(),
    then: str = "",
) -> Message:
    """Write a reply and queue it; ``then`` is the state to leave the conversation in.

    The same ``idempotency_key`` again gives the message written first. ``hold`` is how long it can
    still be taken back. Raises Conflict when the buyer has written since, PolicyStop when the
    platform forbids it.
    """
    actor.require(Right.ANSWER)
    key = idempotency_key or f"r_{secrets.token_urlsafe(18)}"
    # One at a time in a conversation, and one key at a time.
    Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    if earlier := Outgoing.objects.filter(idempotency_key=key).select_related("message").first():
        message = _same_reply(earlier, conversation, text)
        # Whoever never saw the answer to the first kept the text as a draft meanwhile.
        inbox.drop_draft(actor, conversation, is_note=False, text=message.text)
        return message
    text = inbox.checked_text(text)
    inbox.require_fresh(conversation, base_message_id)
    account = account_of(conversation.channel)
    files = _own_files(actor, attachment_ids)
    _check(conversation, text, account=account, files=files)
    message = _write_message(actor, conversation, text, account=account, key=key)
    Attachment.objects.filter(pk__in=[f.pk for f in files]).update(message=message, draft=None)
    Outgoing.objects.create(message=message, idempotency_key=key, next_try_at=timezone.now() + hold)
    _after_writing(actor, conversation, message, then=then)
    return message


def _own_files(actor: Actor, attachment_ids: Sequence[int]) -> list[Attachment]:
    """The files of this person's drafts; a reply must not leave without one it was to carry."""
    wanted = set(attachment_ids)
    found = Attachment.objects.filter(pk__in=wanted, message=None, draft__author=actor.person)
    if missing := wanted - {row.pk for row in found}:
        raise Invalid(f"attachments: {min(missing)} is no file of your draft")
    return list(found)


def _check(
    conversation: Conversation, text: str, *, account: Account, files: Sequence[Attachment]
) -> None:
    """Raise PolicyStop when the platform forbids the reply."""
    findings = policy.check(
        text,
        account=account,
        platform=conversation.platform,
        language=conversation.language,
        context=conversation.reply_context,
        file_sizes=[row.size for row in files],
    )
    if findings.stops:
        raise PolicyStop(findings.stops)


def _same_reply(earlier: Outgoing, conversation: Conversation, text: str) -> Message:
    message = earlier.message
    if message.conversation_id != conversation.pk or message.text != text.strip():
        raise Conflict("this idempotency key was used for another reply", sent=message.pk)
    return message


def _write_message(
    actor: Actor, conversation: Conversation, text: str, *, account: Account, key: str
) -> Message:
    now = timezone.now()
    headers: dict[str, Any] = {}
    if conversation.platform == "email":
        # Ours to give: it names the conversation, and a second try has the same one.
        named = Outbound(text="", conversation_id=str(conversation.pk), idempotency_key=key)
        headers["message_id"] = message_id_of(account, named).strip("<>")
    message = Message.objects.create(
        conversation=conversation,
        channel_id=conversation.channel_id,
        external_id=headers.get("message_id"),
        direction=Direction.OUT,
        author=actor.person,
        author_name=str(actor.person or ""),
        subject=conversation.subject,
        text=text,
        headers=headers,
        sent_at=now,
    )
    Pending.objects.create(message=message)
    if headers:
        ThreadKey.objects.create(
            key=message_key(conversation.channel_id, headers["message_id"]),
            conversation=conversation,
        )
    return message


def _after_writing(
    actor: Actor, conversation: Conversation, message: Message, *, then: str
) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(
        preview=preview_of(message.text),
        last_message_id=message.pk,
        last_message_at=message.sent_at,
        last_is_ours=True,
        message_count=F("message_count") + 1,
        unread_count=0,
        assignee_id=conversation.assignee_id or actor.person_id,
    )
    conversation.refresh_from_db()
    inbox.drop_draft(actor, conversation, is_note=False)
    if then in (State.PENDING, State.RESOLVED):
        inbox.set_state(actor, conversation, then)
    routing.weigh([conversation.pk], {})
    live.tell("changed", [conversation.pk])
    on_commit(_wake_senders)


def _wake_senders() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [NOTIFY])


@atomic
def take_back(actor: Actor, message: Message) -> str:
    """Take a reply back that has not begun to leave; its text, to go on writing."""
    actor.require(Right.ANSWER)
    row = Outgoing.objects.select_for_update().filter(message=message).first()
    if row is None or row.state != SendState.QUEUED or row.attempts:
        raise Conflict("too late: it is on its way")
    # After the row, as everywhere: what arrives meanwhile counts on it too.
    locked = Conversation.objects.select_for_update(no_key=True)
    conversation = locked.get(pk=message.conversation_id)
    text = message.text
    if draft := inbox.bring_back(actor, conversation, text):
        message.attachments.update(message=None, draft=draft)
    message.delete()
    last = conversation.messages.order_by("-sent_at", "-id").first()
    Conversation.objects.filter(pk=conversation.pk).update(
        preview=preview_of(last.text) if last else "",
        last_message_id=last.pk if last else None,
        last_message_at=last.sent_at if last else conversation.created_at,
        last_is_ours=bool(last and last.direction == Direction.OUT),
        message_count=F("message_count") - 1,
        state=State.OPEN,
        resolved_at=None,
    )
    routing.weigh([conversation.pk], {})
    live.tell("changed", [conversation.pk])
    return text


@atomic
def retry(actor: Actor, message: Message, *, text: str | None = None) -> None:
    """Send a reply that did not leave once more, with a better text if one is given."""
    actor.require(Right.ANSWER)
    row = Outgoing.objects.select_for_update().filter(message=message).first()
    if row is None or row.state not in (SendState.FAILED, SendState.UNSURE):
        raise Conflict("only a reply that failed can be sent again")
    if text is not None:
        message.text = inbox.checked_text(text)
        conversation = message.conversation
        account = account_of(conversation.channel)
        _check(conversation, message.text, account=account, files=list(message.attachments.all()))
        message.save(update_fields=["text"])
    outgoing.try_again(row)
    on_commit(_wake_senders)


@atomic
def vouch(actor: Actor, message: Message) -> None:
    """Say for the platform, which never answered, that the buyer has this reply."""
    actor.require(Right.ANSWER)
    row = Outgoing.objects.select_for_update().filter(message=message).first()
    if row is None or row.state != SendState.UNSURE:
        raise Conflict("only of a reply that is unsure can this be said")
    outgoing.vouch(row, actor.person)
    identity.audit(actor, "reply.vouched", subject=message.conversation, message=message.pk)
