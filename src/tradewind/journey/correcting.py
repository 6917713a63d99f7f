"""Somebody says what a message really is: kept, shown, and weighed anew at once."""

from __future__ import annotations

from typing import Any

from django.db.transaction import atomic

from tradewind.identity.actor import Actor
from tradewind.inbox import live
from tradewind.inbox import services as inbox
from tradewind.inbox.models import Message
from tradewind.routing import services as routing
from tradewind.triage import services as triage
from tradewind.triage.models import Correction


@atomic
def correct(actor: Actor, message: Message, *, field: str, now: Any) -> Correction:
    """Keep a correction, write it into the conversation's activity, bring its place up to date."""
    correction = triage.correct(actor, message, field=field, now=now)
    inbox.note_activity(
        message.conversation, actor, "corrected", field=field, was=correction.was, now=now
    )
    routing.weigh([message.conversation_id], {})
    live.tell("changed", [message.conversation_id])
    return correction
