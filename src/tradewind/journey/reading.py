"""Messages are read: by the first reader at once, by a deeper one within seconds."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import Conversation, Direction, Message
from tradewind.learning import services as learning
from tradewind.learning import trials
from tradewind.nlp.contract import Reader, Reading, Text
from tradewind.nlp.reader import default_reader
from tradewind.triage import services as triage
from tradewind.triage.models import Correction

log = structlog.get_logger(__name__)


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


def read_deeper(messages: Sequence[Message]) -> dict[int, Reading]:
    """Read buyers' messages with the reader in use; the readings that say something new, by id."""
    asking = [m for m in messages if m.direction == Direction.IN and not m.is_auto and m.text]
    if not asking:
        return {}
    facts = dict(
        Conversation.objects.filter(pk__in={m.conversation_id for m in asking}).values_list(
            "id", "country"
        )
    )
    texts = [
        Text(text=m.text, subject=m.subject, site=facts.get(m.conversation_id, "")) for m in asking
    ]
    all_found = _read_all(learning.reader_in_use(), texts)
    readable = [
        (message, text, reading)
        for message, text, reading in zip(asking, texts, all_found, strict=True)
        if reading
    ]
    corrected = set(
        Correction.objects.filter(message__in=asking).values_list("message_id", flat=True)
    )
    first = default_reader().version
    new = {
        m.pk: reading
        for m, _, reading in readable
        if reading.model != first and m.pk not in corrected
    }
    triage.keep(list(new.items()))
    trials.try_challenger(
        [m.pk for m, _, _ in readable],
        [text for _, text, _ in readable],
        [reading for _, _, reading in readable],
    )
    return new


def _read_all(reader: Reader, texts: Sequence[Text]) -> list[Reading | None]:
    """The readings, None for a text that breaks the reader: it must not hold up the others."""
    try:
        return [*reader.read(texts)]
    except Exception:
        log.exception("reading.broke", texts=len(texts))
    if len(texts) == 1:
        return [None]
    return [_read_all(reader, [text])[0] for text in texts]
