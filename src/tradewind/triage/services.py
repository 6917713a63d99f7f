"""The door of triage: have messages read, keep the readings, take corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.core import bulk
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.models import Conversation, Message
from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, THREATS, URGENCIES, Entities
from tradewind.nlp.contract import Reading as Read
from tradewind.triage.models import Correction, Reading
from tradewind.triage.problem_map import codes_of, current_map

_READING = {
    "workspace_id": "bigint",
    "message_id": "bigint",
    "model": "varchar",
    "map_version": "integer",
    "language": "varchar",
    "intent": "varchar",
    "confidence": "float8",
    "also": "varchar[]",
    "complaint": "varchar",
    "emotion": "varchar",
    "threats": "varchar[]",
    "urgency": "varchar",
    "entities": "jsonb",
    "evidence": "jsonb",
    "created_at": "timestamptz",
}


_ENTITIES = tuple(field.name for field in fields(Entities))


def keep(readings: Sequence[tuple[int, Read]]) -> None:
    """Keep what was read of messages, given by id; the same model reads a message once."""
    workspace_id, now = current_workspace_id(), timezone.now()
    version = current_map().version
    rows = [
        {
            "workspace_id": workspace_id,
            "message_id": message_id,
            "model": read.model,
            "map_version": version,
            "language": read.language,
            "intent": read.intent,
            "confidence": read.confidence,
            "also": read.also,
            "complaint": read.complaint,
            "emotion": read.emotion,
            "threats": read.threats,
            "urgency": read.urgency,
            "entities": _entities(read),
            "evidence": [{"label": e.label, "start": e.start, "end": e.end} for e in read.evidence],
            "created_at": now,
        }
        for message_id, read in readings
    ]
    with connection.cursor() as cursor:
        bulk.insert(
            cursor, "triage_reading", _READING, rows, conflict="(message_id, model) DO NOTHING"
        )


def _entities(read: Read) -> dict[str, list[str]]:
    # dataclasses.asdict copies deeply, which costs a fifth of keeping a reading.
    found = read.entities
    return {name: getattr(found, name) for name in _ENTITIES}


def readings_of(message_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The reading of each message as it is shown: the newest model's, with corrections applied."""
    shown: dict[int, dict[str, Any]] = {}
    for reading in Reading.objects.filter(message_id__in=message_ids).order_by("id"):
        shown[reading.message_id] = {
            name: getattr(reading, name)
            for name in (
                "language", "intent", "confidence", "also", "complaint", "emotion",
                "threats", "urgency", "entities", "evidence", "model",
            )
        } | {"corrected": []}  # fmt: skip
    for correction in Correction.objects.filter(message_id__in=message_ids).order_by("id"):
        if reading_shown := shown.get(correction.message_id):
            reading_shown[correction.field] = correction.now
            reading_shown["corrected"].append(correction.field)
    return shown


_FIXED: Mapping[str, Sequence[str]] = {
    "complaint": COMPLAINTS,
    "emotion": EMOTIONS,
    "urgency": URGENCIES,
}


@atomic
def correct(actor: Actor, message: Message, *, field: str, now: Any) -> Correction:
    """Say what is right about a message; kept for ever and shown from now on."""
    actor.require(Right.CORRECT)
    value = _checked(field, now)
    shown = readings_of([message.pk]).get(message.pk, {})
    correction = Correction.objects.create(
        message=message,
        field=field,
        was=shown.get(field, ""),
        now=value,
        by=actor.person,
        map_version=current_map().version,
    )
    _carry_to_conversation(message, field, value)
    return correction


def _checked(field: str, value: Any) -> Any:
    if field == "intent":
        wanted: Sequence[str] = codes_of(current_map())
    elif field == "threats":
        wanted = THREATS
    elif field == "language":
        return _checked_language(value)
    elif (wanted := _FIXED.get(field, ())) == ():
        raise Invalid(
            f"field: got “{field}”, wanted intent, threats, language, {', '.join(_FIXED)}"
        )
    for given in value if field == "threats" else [value]:
        if given not in wanted:
            raise Invalid(f"{field}: got “{given}”, wanted one of {', '.join(wanted)}")
    return value


def _checked_language(value: Any) -> str:
    if not isinstance(value, str) or not 2 <= len(value) <= 12:
        raise Invalid(f"language: got “{value}”, wanted a BCP 47 code such as de or pt-BR")
    return value


def _carry_to_conversation(message: Message, field: str, value: Any) -> None:
    """The list shows what is said of the newest thing the buyer said."""
    newest = (
        Message.objects.filter(
            conversation_id=message.conversation_id, direction="in", is_auto=False
        )
        .order_by("-sent_at", "-id")
        .first()
    )
    if newest is not None and newest.pk == message.pk:
        Conversation.objects.filter(pk=message.conversation_id).update(**{field: value})
