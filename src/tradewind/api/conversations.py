"""/conversations: the list, one with its messages, one message, and changes of state."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import Q, QuerySet
from django.db.transaction import atomic
from ninja import Query, Router

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import (
    ConversationChange,
    ConversationFilters,
    ConversationFull,
    ConversationPage,
    ConversationState,
    Id,
    MessageOut,
)
from tradewind.api.hidden import hidden_in
from tradewind.api.shapes import (
    conversation_shape,
    message_shape,
    packed_cursor,
    state_shape,
    unpacked_cursor,
)
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Scope
from tradewind.inbox import queries
from tradewind.inbox import services as inbox
from tradewind.inbox.models import Conversation, Message
from tradewind.inbox.search import search
from tradewind.triage.services import readings_of

router = Router(tags=["Conversations"])
AT_ONCE = 200
_AUDIT_EVERY = 60.0
_audited: dict[tuple[int, int], float] = {}


@router.get(
    "/conversations",
    auth=Needs(Scope.CONVERSATIONS_READ),
    response=ConversationPage,
    summary="List conversations",
)
def list_conversations(request: ProgramRequest, wanted: Query[ConversationFilters]) -> Any:
    """Newest message first, all states; follow `next` until it is null.

    What arrives while you page is never shown twice. A conversation that gets a message meanwhile
    moves to the front, past you: ask again with `updated_since` to have it.
    """
    if unknown := sorted(request.GET.keys() - ConversationFilters.model_fields.keys()):
        known = ", ".join(ConversationFilters.model_fields)
        raise Invalid(f"the address: got {', '.join(unknown)[:100]}, wanted some of {known}")
    found = _filtered(request.auth, wanted)
    found = found.select_related("channel", "buyer", "order", "assignee")
    page = queries.newest_first(found, cursor=unpacked_cursor(wanted.cursor), size=wanted.limit)
    given = {name: request.GET[name][:100] for name in request.GET if name != "cursor"}
    _note_read(request.auth, None, filters=given)
    items = [hidden_in(conversation_shape(c), request.auth, c) for c in page.rows]
    return {"items": items, "next": packed_cursor(page.next)}


@router.get(
    "/conversations/{conversation_id}",
    auth=Needs(Scope.CONVERSATIONS_READ),
    response=ConversationFull,
    summary="Get a conversation with its messages",
)
def get_conversation(request: ProgramRequest, conversation_id: Id, before: Id | None = None) -> Any:
    """Its newest 200 messages, oldest first, each with its reading.

    When there are more, `earlier` is the id to give as `before`. Notes among colleagues are never
    given.
    """
    conversation = queries.get_conversation(request.auth, conversation_id)
    messages = conversation.messages.order_by("-sent_at", "-id")
    if before:
        mark = _message_of(conversation, before)
        messages = messages.filter(
            Q(sent_at__lt=mark.sent_at) | Q(sent_at=mark.sent_at, pk__lt=mark.pk)
        )
    rows = list(messages.select_related("outgoing").prefetch_related("attachments")[: AT_ONCE + 1])
    shown = rows[:AT_ONCE][::-1]
    readings = readings_of([m.pk for m in shown])
    _note_read(request.auth, conversation)
    return {
        **hidden_in(conversation_shape(conversation), request.auth, conversation),
        "messages": [
            hidden_in(message_shape(m, readings), request.auth, conversation) for m in shown
        ],
        "earlier": shown[0].pk if len(rows) > AT_ONCE else None,
    }


@router.get(
    "/conversations/{conversation_id}/messages/{message_id}",
    auth=Needs(Scope.CONVERSATIONS_READ),
    response=MessageOut,
    summary="Get a message and how far it has come",
)
def get_message(request: ProgramRequest, conversation_id: Id, message_id: Id) -> Any:
    """One message; of a reply, `delivery` says whether the platform has it."""
    conversation = queries.get_conversation(request.auth, conversation_id)
    message = _message_of(conversation, message_id)
    _note_read(request.auth, conversation)
    shape = message_shape(message, readings_of([message.pk]))
    return hidden_in(shape, request.auth, conversation)


@router.patch(
    "/conversations/{conversation_id}",
    auth=Needs(Scope.REPLIES_WRITE),
    response=ConversationState,
    summary="Change the state of a conversation, or who has it",
)
def change_conversation(
    request: ProgramRequest, conversation_id: Id, change: ConversationChange
) -> Any:
    """Only what is given changes; all of it or nothing."""
    given = change.model_fields_set
    if not given:
        raise Invalid("the body: got no field, wanted state or assignee")
    if "until" in given and "state" not in given:
        raise Invalid("until: wanted together with the state snoozed")
    conversation = queries.get_conversation(request.auth, conversation_id)
    with atomic():
        if "state" in given:
            inbox.set_state(request.auth, conversation, change.state or "", until=change.until)
        if "assignee" in given:
            inbox.assign(
                request.auth,
                conversation,
                person_id=change.assignee,
                team_id=conversation.team_id,
            )
    return state_shape(queries.get_conversation(request.auth, conversation_id))


def _message_of(conversation: Conversation, message_id: int) -> Message:
    message = conversation.messages.select_related("outgoing").filter(pk=message_id).first()
    if message is None:
        raise NotFound("message")
    return message


def _filtered(actor: Actor, wanted: ConversationFilters) -> QuerySet[Conversation]:
    filters = queries.Filters(
        channel=wanted.platform,
        store=str(wanted.store or ""),
        language=wanted.language,
        intent=wanted.intent,
    )
    found = queries.narrowed(queries.visible_to(actor), filters)
    if wanted.state:
        found = found.filter(state__in=wanted.state)
    if wanted.channel:
        found = found.filter(channel_id=wanted.channel)
    if wanted.assignee:
        found = found.filter(
            assignee_id=None if wanted.assignee == "none" else int(wanted.assignee)
        )
    if wanted.updated_since:
        found = found.filter(last_message_at__gte=wanted.updated_since)
    if wanted.order:
        number = wanted.order
        found = found.filter(
            Q(order__number__in=[number, f"#{number}"]) | Q(order__external_id=number)
        )
    if wanted.q.strip():
        found = found.filter(pk__in=search(actor, wanted.q))
    return found


def _note_read(actor: Actor, conversation: Conversation | None, **detail: Any) -> None:
    """Write down that a token read this; the same again within a minute is the same reading."""
    key, now = (actor.token_id or 0, conversation.pk if conversation else 0), time.monotonic()
    if conversation is not None and _audited.get(key, -_AUDIT_EVERY) + _AUDIT_EVERY > now:
        return
    if len(_audited) > 20_000:
        _audited.clear()
    _audited[key] = now
    act = "conversation.read" if conversation else "conversation.listed"
    identity.audit(actor, act, subject=conversation, **detail)
