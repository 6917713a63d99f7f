"""What the platform says later: a text was edited, a reply did leave, a buyer blocks us."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tradewind.channels.contract import Event, EventKind, Receipt, SendStatus
from tradewind.channels.deliveries import Claimed
from tradewind.commerce import orders
from tradewind.inbox import live, outgoing
from tradewind.inbox import services as inbox
from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import (
    Conversation,
    Direction,
    Message,
    Outgoing,
    Pending,
    SendState,
    ThreadKey,
)
from tradewind.inbox.record import preview_of
from tradewind.journey import reading
from tradewind.journey.threads import thread_key
from tradewind.routing import services as routing
from tradewind.triage.models import Correction, Reading


def apply(arrived: Iterable[Arrived], fresh: Sequence[Arrived]) -> None:
    """Bring the kept texts up to date with edited ones, in the order they were edited in.

    What a message said before stands in its conversation's activities; an edit older than the one
    shown changes nothing.
    """
    edited = sorted(
        (a for a in arrived if a.edited_at and a.external_id), key=lambda a: str(a.edited_at)
    )
    if not edited:
        return
    kept = _kept_messages(edited)
    just_written = {a.message_id for a in fresh}
    changed: dict[int, Arrived] = {}
    for a in edited:
        message = kept.get((a.channel_id, a.external_id[:320]))
        if message is not None and _is_newer(a, message):
            former, message.edited_at = message.text, a.edited_at
            if former != a.text:
                _rewrite(message, a, is_kept=message.pk not in just_written)
                changed[message.pk] = a
            message.save(update_fields=["text", "html", "quoted", "edited_at"])
    _look_again(changed, kept.values())


def _kept_messages(edited: Sequence[Arrived]) -> dict[tuple[int, str], Message]:
    """The messages as they are shown, by channel and platform id, locked in one order."""
    rows = (
        Message.objects.filter(
            channel_id__in={a.channel_id for a in edited},
            external_id__in={a.external_id[:320] for a in edited},
        )
        .select_related("conversation")
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    return {(m.channel_id, str(m.external_id)): m for m in rows}


def _is_newer(a: Arrived, message: Message) -> bool:
    return a.edited_at is not None and (
        message.edited_at is None or a.edited_at > message.edited_at
    )


def _rewrite(message: Message, a: Arrived, *, is_kept: bool) -> None:
    if is_kept:
        inbox.note_activity(
            message.conversation, None, "edited", message=message.pk, former=message.text
        )
    message.text, message.html, message.quoted = a.text, a.html, a.quoted


def _look_again(changed: dict[int, Arrived], kept: Iterable[Message]) -> None:
    """An edited message is read, indexed and weighed as if it were new."""
    messages = [m for m in kept if m.pk in changed]
    if not messages:
        return
    for message in messages:
        changed[message.pk].message_id = message.pk
        Conversation.objects.filter(pk=message.conversation_id, last_message_id=message.pk).update(
            preview=preview_of(message.text or message.subject)
        )
    Pending.objects.bulk_create([Pending(message=m) for m in messages], ignore_conflicts=True)
    # A person's word stays; what a machine read of the former text does not.
    corrected = set(
        Correction.objects.filter(message__in=changed).values_list("message_id", flat=True)
    )
    anew = [a for pk, a in changed.items() if pk not in corrected]
    Reading.objects.filter(message__in=[a.message_id for a in anew]).delete()
    conversations = sorted({m.conversation_id for m in messages})
    routing.weigh(conversations, reading.read(anew))
    live.tell("changed", conversations)


def recognise_echoes(fresh: Sequence[Arrived]) -> None:
    """A reply of ours whose sending was unsure comes back: the platform has it after all.

    Replies that the platform confirmed are known by their id and never come this far.
    """
    said = [a for a in fresh if a.direction == Direction.OUT and a.external_id and a.text]
    if not said:
        return
    unsure = {
        (row.message.conversation_id, row.message.text.strip()): row
        for row in Outgoing.objects.filter(
            # A person may have said so before the platform did.
            Q(state=SendState.UNSURE) | Q(vouched_at__isnull=False, accepted_at=None),
            message__conversation__in={a.conversation_id for a in said},
        )
        .select_related("message")
        .order_by("-id")
    }
    for a in said:
        row = unsure.pop((a.conversation_id or 0, a.text.strip()), None)
        if row is not None:
            outgoing.note_result(row, Receipt(SendStatus.ACCEPTED, id=a.external_id))


def note_conversations(events: Sequence[tuple[Claimed, Event]]) -> None:
    """Keep whether the platform lets us answer: a buyer may block a bot and let it in again."""
    said = [
        (thread_key(claimed.channel_id, event.id), event.fields)
        for claimed, event in events
        if event.kind is EventKind.CONVERSATION
        and event.id
        and event.fields.get("can_reply") is not None
    ]
    if not said:
        return
    keys = ThreadKey.objects.filter(key__in={key for key, _ in said})
    conversation_of = dict(keys.values_list("key", "conversation_id"))
    touched = [
        conversation_of[key]
        for key, fields in said
        if key in conversation_of and _note_can_reply(conversation_of[key], fields)
    ]
    if touched:
        live.tell("changed", sorted(set(touched)))


def _note_can_reply(conversation_id: int, fields: dict[str, Any]) -> bool:
    """Write it down unless something newer is known; whether it was."""
    locked = Conversation.objects.select_for_update(no_key=True)
    conversation = locked.filter(pk=conversation_id).first()
    if conversation is None:
        return False
    context = conversation.reply_context
    at = orders.time_of(fields.get("updated_at")) or timezone.now()
    known = orders.time_of(context.get("can_reply_at"))
    if known is not None and known > at:
        return False
    conversation.reply_context = context | {
        "can_reply": bool(fields["can_reply"]),
        "can_reply_at": at.isoformat(),
    }
    conversation.save(update_fields=["reply_context"])
    return True
