"""What the desk's own readers are unsure of waits for the language model, where there is one.

Messages wait in a table; one job at a time takes them, eight a call, outside of any transaction: a
slow or dead model holds nothing up but itself. Each message gets one try, and keeps the reading it
has where the model has nothing better to say; one that met a model cut off has not had its try yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.core.jobs import Retry, job, later
from tradewind.identity.models import Workspace
from tradewind.identity.scope import current_workspace_id, in_workspace
from tradewind.inbox.covering import known_of
from tradewind.inbox.models import Conversation, Message
from tradewind.journey import reading
from tradewind.learning import services as learning
from tradewind.nlp.contract import Reading, Text
from tradewind.nlp.llm.reader import MOST_AT_ONCE
from tradewind.triage import language_model
from tradewind.triage import services as triage
from tradewind.triage.models import Unsure

RECENT = timedelta(days=3)
"""An archive that is imported must not spend the budget of today's messages."""
_ROUNDS = 10
_BEHIND_OTHERS = -5
log = structlog.get_logger(__name__)


def read_soon(messages: Sequence[Message], readings: Mapping[int, Reading]) -> None:
    """Have the language model look at messages whose reading is unsure, once this is committed."""
    if not language_model.is_configured() or _is_sample():
        return
    since = timezone.now() - RECENT
    unsure = [
        Unsure(message=m)
        for m in messages
        if m.pk in readings and language_model.is_unsure(readings[m.pk]) and m.sent_at > since
    ]
    if unsure:
        Unsure.objects.bulk_create(unsure, ignore_conflicts=True)
        _queue()


def _is_sample() -> bool:
    """Whether it is the sample seller's workspace, from which nothing leaves the machine."""
    return Workspace.objects.filter(pk=current_workspace_id(), is_sample=True).exists()


def _queue() -> None:
    workspace_id = current_workspace_id()
    waiting = read_waiting.once(f"language_model.{workspace_id}")
    # One at a time for the whole installation: of a worker's hands most must stay free.
    waiting = waiting.one_at_a_time("language_model").before_others(_BEHIND_OTHERS)
    if until := language_model.off_until():
        waiting = waiting.at(until)
    later(waiting, workspace_id=workspace_id)


@job("language_model.read", retry=Retry(attempts=3))
def read_waiting(*, workspace_id: int) -> None:
    """Read what waits, a few calls long; the rest is queued anew, behind other workspaces."""
    with in_workspace(workspace_id):
        if not language_model.is_configured():
            Unsure.objects.all().delete()
            return
        Unsure.objects.filter(message__sent_at__lt=timezone.now() - RECENT).delete()
        for _ in range(_ROUNDS):
            if language_model.off_until() or not (waiting := _next()):
                break
            _read(waiting)
        if Unsure.objects.exists():
            _queue()


def _next() -> list[Message]:
    return [
        row.message
        for row in Unsure.objects.select_related("message").order_by("message_id")[:MOST_AT_ONCE]
    ]


def _read(messages: Sequence[Message]) -> None:
    reader = language_model.reader_after(learning.reader_in_use())
    try:
        found = reader.read(_texts(messages))
    except Exception:  # one message must not stop those behind it
        log.exception("language_model.broke", messages=len(messages))
        found = []
    _keep(
        [m for place, m in enumerate(messages) if place not in reader.put_off],
        [(m, r) for m, r in zip(messages, found, strict=False) if r.model == reader.version],
    )
    language_model.note_day(reader.tally)
    log.info("language_model.read", **reader.tally.as_dict())


def _texts(messages: Sequence[Message]) -> list[Text]:
    """The messages with what their orders say of the buyer: names and addresses stay here."""
    ids = {m.conversation_id for m in messages}
    found = Conversation.objects.select_related("buyer", "order").in_bulk(ids)
    return [
        replace(text, known=known_of(found[m.conversation_id]))
        for m, text in zip(messages, reading.texts_of(messages), strict=True)
    ]


@atomic
def _keep(messages: Sequence[Message], read: Sequence[tuple[Message, Reading]]) -> None:
    uncorrected = reading.not_corrected(messages)
    new = {m.pk: r for m, r in read if m.pk in uncorrected}
    triage.keep(list(new.items()))
    reading.show(messages, new)
    Unsure.objects.filter(message__in=messages).delete()
