"""The door of the inbox: what people do to conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.transaction import atomic
from django.utils import timezone

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid, NotFound
from tradewind.identity.models import Membership, Team
from tradewind.identity.roles import Right
from tradewind.inbox import live
from tradewind.inbox.models import Activity, Conversation, Draft, Message, Note, State

MAX_TEXT = 50_000


def note_activity(
    conversation: Conversation, actor: Actor | None, act: str, **detail: Any
) -> Activity:
    """Write down what was done, by whom; None is the system."""
    return Activity.objects.create(
        conversation=conversation,
        person_id=actor.person_id if actor else None,
        act=act,
        detail=detail,
    )


@atomic
def set_state(
    actor: Actor, conversation: Conversation, state: str, *, until: datetime | None = None
) -> Conversation:
    """Open, wait for the buyer, snooze until a time, or resolve."""
    actor.require(Right.ANSWER)
    if state not in State.values:
        raise Invalid(f"state: got “{state}”, wanted one of {', '.join(State.values)}")
    if (state == State.SNOOZED) != (until is not None):
        raise Invalid("snoozing wants a time, other states none")
    if until is not None and until <= timezone.now():
        raise Invalid(f"until: got {until:%F %H:%M}, wanted a time to come")
    was = conversation.state
    conversation.state, conversation.snoozed_until = state, until
    conversation.resolved_at = timezone.now() if state == State.RESOLVED else None
    conversation.save(update_fields=["state", "snoozed_until", "resolved_at"])
    if was != state:
        note_activity(conversation, actor, state, was=was)
    live.tell("changed", [conversation.pk])
    return conversation


@atomic
def assign(
    actor: Actor,
    conversation: Conversation,
    *,
    person_id: int | None = None,
    team_id: int | None = None,
) -> Conversation:
    """Give the conversation to a colleague or a team, or to nobody."""
    actor.require(Right.ASSIGN)
    if person_id and not Membership.objects.filter(person_id=person_id).exists():
        raise NotFound("person")
    if team_id and not Team.objects.filter(pk=team_id).exists():
        raise NotFound("team")
    conversation.assignee_id, conversation.team_id = person_id, team_id
    giver = actor.person or "a program"
    conversation.assigned_because = f"given by {giver}" if person_id or team_id else ""
    conversation.save(update_fields=["assignee", "team", "assigned_because"])
    note_activity(conversation, actor, "assigned", person=person_id, team=team_id)
    live.tell("changed", [conversation.pk])
    return conversation


def mark_read(actor: Actor, conversation: Conversation) -> None:
    """Somebody who may answer has looked."""
    if not conversation.unread_count or not actor.may(Right.ANSWER):
        return
    with atomic():
        Conversation.objects.filter(pk=conversation.pk).update(unread_count=0)
        conversation.unread_count = 0
        live.tell("changed", [conversation.pk])


@atomic
def add_note(
    actor: Actor, conversation: Conversation, text: str, *, mentions: Sequence[int] = ()
) -> Note:
    """Say something among colleagues; it never leaves the house."""
    actor.require(Right.ANSWER)
    note = Note.objects.create(
        conversation=conversation,
        author=actor.person,
        text=checked_text(text),
        mentions=list(
            Membership.objects.filter(person_id__in=mentions).values_list("person_id", flat=True)
        ),
    )
    drop_draft(actor, conversation, is_note=True)
    live.tell("changed", [conversation.pk])
    return note


def checked_text(text: str) -> str:
    """The text without NUL and outer space; refused when empty or endless."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid("text: got nothing, wanted at least a word")
    if len(text) > MAX_TEXT:
        raise Invalid(f"text: got {len(text)} characters, wanted at most {MAX_TEXT}")
    return text


@atomic
def save_draft(
    actor: Actor,
    conversation: Conversation,
    text: str,
    *,
    is_note: bool = False,
    base_message_id: int | None = None,
) -> Draft | None:
    """Keep what is being written; an empty text drops the draft."""
    actor.require(Right.ANSWER)
    if not text.strip() and not _has_files(actor, conversation, is_note=is_note):
        drop_draft(actor, conversation, is_note=is_note)
        return None
    draft, _ = Draft.objects.update_or_create(
        conversation=conversation,
        author=actor.person,
        is_note=is_note,
        defaults={
            "text": text.replace("\x00", "")[:MAX_TEXT],
            "base_message_id": base_message_id,
        },
    )
    return draft


def _has_files(actor: Actor, conversation: Conversation, *, is_note: bool) -> bool:
    return Draft.objects.filter(
        conversation=conversation,
        author_id=actor.person_id,
        is_note=is_note,
        attachments__isnull=False,
    ).exists()


def drop_draft(
    actor: Actor, conversation: Conversation, *, is_note: bool, text: str | None = None
) -> None:
    """Forget what was being written; with a text, only where just that was being written."""
    drafts = Draft.objects.filter(
        conversation=conversation, author_id=actor.person_id, is_note=is_note
    )
    if text is not None:
        # As it was checked before it was sent: what stands around a text is not sent.
        drafts = drafts.filter(pk__in=[d.pk for d in drafts if d.text.strip() == text.strip()])
    drafts.delete()


@atomic
def bring_back(actor: Actor, conversation: Conversation, text: str) -> Draft | None:
    """Make what was sent a draft again, before what has been written since."""
    actor.require(Right.ANSWER)
    since = (
        Draft.objects.select_for_update()
        .filter(conversation=conversation, author_id=actor.person_id, is_note=False)
        .first()
    )
    if since is None or not since.text.strip():
        return save_draft(actor, conversation, text)
    return save_draft(
        actor,
        conversation,
        f"{text}\n\n{since.text}",
        base_message_id=since.base_message_id,
    )


def require_fresh(conversation: Conversation, base_message_id: int | None) -> None:
    """Refuse an answer written before the buyer's last word was seen; the draft stays."""
    if base_message_id is None:
        return
    newer = (
        Message.objects.filter(conversation=conversation, direction="in", pk__gt=base_message_id)
        .order_by("-id")
        .first()
    )
    if newer is not None:
        raise Conflict(
            "the buyer has written since you began: read it, then send", message=newer.pk
        )


@atomic
def wake_snoozed() -> int:
    """Open what was snoozed until now; how many."""
    due = Conversation.objects.select_for_update(skip_locked=True, no_key=True).filter(
        state=State.SNOOZED, snoozed_until__lte=timezone.now()
    )
    ids = list(due.values_list("id", flat=True)[:500])
    Conversation.objects.filter(pk__in=ids).update(state=State.OPEN, snoozed_until=None)
    if ids:
        live.tell("changed", ids)
    return len(ids)
