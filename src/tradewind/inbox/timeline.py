"""What happened in one conversation, and the pieces its screen reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Prefetch

from tradewind.identity.actor import Actor
from tradewind.identity.errors import NotFound
from tradewind.inbox.models import Activity, Attachment, Conversation, Draft, Message, Note
from tradewind.inbox.queries import visible_to

MOST = 200


@dataclass(frozen=True, slots=True)
class Log:
    """The newest of each kind, oldest first; ``is_cut`` when earlier messages were left out.

    Drafts stand newest first.
    """

    messages: Sequence[Message]
    notes: Sequence[Note]
    activities: Sequence[Activity]
    drafts: Sequence[Draft]
    is_cut: bool


# Most conversations have neither notes nor files nor drafts: a small question saves large ones.
_HAS = """
SELECT EXISTS (SELECT 1 FROM inbox_note WHERE conversation_id = %(id)s),
    EXISTS (SELECT 1 FROM inbox_activity WHERE conversation_id = %(id)s),
    EXISTS (SELECT 1 FROM inbox_draft WHERE conversation_id = %(id)s),
    EXISTS (SELECT 1 FROM inbox_message m JOIN inbox_attachment a ON a.message_id = m.id
            WHERE m.conversation_id = %(id)s)
"""


def log_of(conversation: Conversation, *, most: int = MOST) -> Log:
    """Messages with files and sending state, notes, activities and drafts of one conversation."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS, {"id": conversation.pk})
        has_notes, has_activities, has_drafts, has_files = cursor.fetchone()
    messages = _messages(conversation, most + 1, with_files=has_files)
    notes = Note.objects.filter(conversation=conversation).select_related("author")
    activities = Activity.objects.filter(conversation=conversation).select_related("person")
    return Log(
        messages=messages[:most][::-1],
        notes=list(notes.order_by("-id")[:most])[::-1] if has_notes else [],
        activities=list(activities.order_by("-id")[:most])[::-1] if has_activities else [],
        drafts=drafts_of(conversation) if has_drafts else [],
        is_cut=len(messages) > most,
    )


def _messages(conversation: Conversation, most: int, *, with_files: bool) -> list[Message]:
    """The newest messages, newest first."""
    found = Message.objects.filter(conversation=conversation)
    found = found.select_related("author", "outgoing__vouched_by")
    files = Attachment.objects.order_by("id") if with_files else Attachment.objects.none()
    found = found.prefetch_related(Prefetch("attachments", files))
    return list(found.order_by("-sent_at", "-id")[:most])


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


_FIRST_WORDS = """
SELECT conversation_id, left(text, 160) FROM inbox_draft
WHERE conversation_id = ANY(%s) AND NOT is_note AND text <> '' ORDER BY updated_at
"""


def draft_texts(conversation_ids: Iterable[int]) -> dict[int, str]:
    """The first words of the newest reply somebody is writing, by conversation."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_WORDS, [list(conversation_ids)])
        return dict(cursor.fetchall())


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
