"""Messages are read: by the first reader at once, by a deeper one within seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from tradewind.inbox import live
from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import Conversation, Direction, Message
from tradewind.learning import services as learning
from tradewind.learning import trials
from tradewind.nlp.contract import Reader, Reading, Text
from tradewind.nlp.reader import default_reader
from tradewind.routing import services as routing
from tradewind.triage import services as triage
from tradewind.triage.models import Correction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Deeper:
    """Readings by message id: ``open`` those nobody has corrected, ``new`` what is new of them."""

    open: Mapping[int, Reading] = field(default_factory=dict)
    new: Mapping[int, Reading] = field(default_factory=dict)


def read(fresh: Sequence[Arrived]) -> dict[int, Reading]:
    """Read what buyers said and keep it; the readings by message id."""
    asking = [a for a in fresh if a.is_asking and (a.text or a.subject)]
    if not asking:
        return {}
    found = default_reader().read(
        [Text(text=a.text, subject=a.subject, channel=a.platform, site=a.country) for a in asking]
    )
    readings = {
        a.message_id: reading for a, reading in zip(asking, found, strict=True) if a.message_id
    }
    triage.keep(list(readings.items()))
    return readings


def read_deeper(messages: Sequence[Message]) -> Deeper:
    """Read buyers' messages with the reader in use; what is new is kept."""
    asking = [m for m in messages if m.direction == Direction.IN and not m.is_auto and m.text]
    if not asking:
        return Deeper()
    texts = texts_of(asking)
    all_found = _read_all(learning.reader_in_use(), texts)
    readable = [
        (message, text, reading)
        for message, text, reading in zip(asking, texts, all_found, strict=True)
        if reading
    ]
    uncorrected = not_corrected(asking)
    first = default_reader().version
    standing = {m.pk: reading for m, _, reading in readable if m.pk in uncorrected}
    new = {pk: reading for pk, reading in standing.items() if reading.model != first}
    triage.keep(list(new.items()))
    trials.try_challenger(
        [m.pk for m, _, _ in readable],
        [text for _, text, _ in readable],
        [reading for _, _, reading in readable],
    )
    return Deeper(standing, new)


def texts_of(messages: Sequence[Message]) -> list[Text]:
    """The messages in the form readers take."""
    facts = dict(
        Conversation.objects.filter(pk__in={m.conversation_id for m in messages}).values_list(
            "id", "country"
        )
    )
    return [
        Text(text=m.text, subject=m.subject, site=facts.get(m.conversation_id, ""))
        for m in messages
    ]


def not_corrected(messages: Sequence[Message]) -> set[int]:
    """The ids of messages of which no person has said what is right."""
    corrected = Correction.objects.filter(message__in=messages).values_list("message_id", flat=True)
    return {m.pk for m in messages} - set(corrected)


def show(messages: Sequence[Message], new: Mapping[int, Reading]) -> None:
    """What was read anew replaces what the conversations say, on every open screen."""
    if not new:
        return
    conversations = sorted({m.conversation_id for m in messages if m.pk in new})
    open_ones = list(
        Conversation.objects.filter(pk__in=conversations)
        .order_by("id")
        .select_for_update(no_key=True)
        .values_list("id", flat=True)
    )
    routing.weigh(open_ones, new)
    live.tell("changed", open_ones)


def _read_all(reader: Reader, texts: Sequence[Text]) -> list[Reading | None]:
    """The readings, None for a text that breaks the reader: it must not hold up the others."""
    try:
        return [*reader.read(texts)]
    except Exception:
        log.exception("reading.broke", texts=len(texts))
    if len(texts) == 1:
        return [None]
    return [_read_all(reader, [text])[0] for text in texts]
