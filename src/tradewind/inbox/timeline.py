"""What happened in one conversation, and the pieces its screen reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from tradewind.identity.actor import Actor
from tradewind.identity.errors import NotFound
from tradewind.inbox.models import Activity, Attachment, Conversation, Draft, Message, Note
from tradewind.inbox.queries import visible_to

MOST = 200


@dataclass(frozen=True, slots=True)
class Log:
    """The newest of each kind, oldest first; ``is_cut`` when earlier messages were left out."""

    messages: Sequence[Message]
    notes: Sequence[Note]
    activities: Sequence[Activity]
    is_cut: bool


def log_of(conversation: Conversation, *, most: int = MOST) -> Log:
    """Messages with files and sending state, notes and activities of one conversation."""
    files = Prefetch("attachments", Attachment.objects.order_by("id"))
    messages = list(
        Message.objects.filter(conversation=conversation)
        .select_related("author", "outgoing__vouched_by")
        .prefetch_related(files)
        .order_by("-sent_at", "-id")[: most + 1]
    )
    is_cut = len(messages) > most
    notes = Note.objects.filter(conversation=conversation).select_related("author")
    activities = Activity.objects.filter(conversation=conversation).select_related("person")
    return Log(
        messages=messages[:most][::-1],
        notes=list(notes.order_by("-id")[:most])[::-1],
        activities=list(activities.order_by("-id")[:most])[::-1],
        is_cut=is_cut,
    )


def get_message(actor: Actor, message_id: int) -> Message:
    """One message with its conversation; raises NotFound."""
    try:
        return Message.objects.select_related(
            "conversation__channel", "conversation__store", "outgoing"
        ).get(pk=message_id, conversation__in=visible_to(actor))
    except Message.DoesNotExist:
        raise NotFound("message") from None


def drafts_of(conversation: Conversation) -> list[Draft]:
    """What anybody is writing here, with its files, newest first."""
    return list(
        Draft.objects.filter(conversation=conversation)
        .select_related("author")
        .prefetch_related(Prefetch("attachments", Attachment.objects.order_by("id")))
        .order_by("-updated_at")
    )


def draft_texts(conversation_ids: Iterable[int]) -> dict[int, str]:
    """The first words of the newest reply somebody is writing, by conversation."""
    rows = (
        Draft.objects.filter(conversation_id__in=list(conversation_ids), is_note=False)
        .exclude(text="")
        .order_by("updated_at")
        .values_list("conversation_id", "text")
    )
    return {conversation_id: text[:160] for conversation_id, text in rows}


def others_of_buyer(conversation: Conversation, *, most: int = 20) -> list[Conversation]:
    """The buyer's other conversations on every channel, newest first."""
    if conversation.buyer_id is None:
        return []
    return conversations_of_buyer(conversation.buyer_id, but=conversation.pk, most=most)


def conversations_of_buyer(
    buyer_id: int, *, but: int | None = None, most: int = 50
) -> list[Conversation]:
    """A buyer's conversations, newest first; ``but`` leaves one out."""
    found = Conversation.objects.filter(buyer_id=buyer_id)
    if but is not None:
        found = found.exclude(pk=but)
    return list(found.select_related("store", "assignee").order_by("-id")[:most])
