"""A conversation as its screen shows it: one time axis of everything said and done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from tradewind.commerce.models import Order, Shipment, Stage
from tradewind.commerce.orders import time_of
from tradewind.identity.names import Colleague
from tradewind.inbox.models import (
    Activity,
    AttachmentState,
    Conversation,
    Direction,
    Message,
    Note,
    SendState,
)
from tradewind.inbox.timeline import Log
from tradewind.web.inbox.happenings import said_of_activity, said_of_return
from tradewind.web.inbox.zones import local_time, zone_of

_STAGE_ICONS = {"delivered": "home", "customs": "flag", "exception": "alert", "lost": "alert"}
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_UNSENT = {SendState.FAILED, SendState.UNSURE}


@dataclass(slots=True)
class Entry:
    """One mark on the axis. ``kind`` is theirs, ours, system, note or event."""

    kind: str
    at: datetime
    there: str = ""  # the same moment where the buyer lives
    new_day: bool = False
    message: Message | None = None
    reading: Mapping[str, Any] | None = None
    note: Note | None = None
    icon: str = ""
    text: str = ""
    pictures: list[Any] = field(default_factory=list)
    files: list[Any] = field(default_factory=list)

    @property
    def written_at(self) -> datetime | None:
        """When a mail says it was written, where that is far from when it came."""
        return time_of(self.message.headers.get("written_at")) if self.message else None

    @property
    def is_failed(self) -> bool:
        """Whether a reply of ours has not surely left."""
        sent = getattr(self.message, "outgoing", None)
        return sent is not None and sent.state in _UNSENT

    @property
    def may_be_taken_back(self) -> bool:
        """Whether it still waits for its ten seconds to pass."""
        sent = getattr(self.message, "outgoing", None)
        return (
            sent is not None
            and sent.state == SendState.QUEUED
            and not sent.attempts
            and sent.next_try_at > timezone.now()
        )


def entries_of(
    conversation: Conversation,
    log: Log,
    *,
    readings: Mapping[int, Mapping[str, Any]],
    order: Order | None,
    people: Sequence[Colleague],
) -> list[Entry]:
    """Everything said and done, oldest first, days marked."""
    names = {m.person_id: m.person for m in people}
    entries = [_said(m, readings.get(m.pk)) for m in log.messages]
    entries += [Entry("note", n.created_at, note=n) for n in log.notes]
    entries += list(_done(log.activities, names))
    if order is not None:
        first = entries[0].at if log.is_cut and entries else None
        entries += [e for e in _happened(order) if first is None or e.at >= first]
    entries.sort(key=lambda e: e.at)
    _mark_days(entries, zone_of(conversation))
    return entries


def _said(message: Message, reading: Mapping[str, Any] | None) -> Entry:
    kinds = {Direction.IN: "theirs", Direction.OUT: "ours", Direction.SYSTEM: "system"}
    entry = Entry(kinds[Direction(message.direction)], message.sent_at, message=message)
    entry.reading = reading
    for attachment in message.attachments.all():
        stored = attachment.state == AttachmentState.STORED
        shown = entry.pictures if stored and attachment.mime in _PICTURES else entry.files
        shown.append(attachment)
    return entry


def _done(activities: Iterable[Activity], names: Mapping[int, str]) -> Iterable[Entry]:
    for activity in activities:
        icon, text = said_of_activity(activity, names)
        yield Entry("event", activity.at, icon=icon, text=text)


def _happened(order: Order) -> Iterable[Entry]:
    """What the platform and carriers told of the order."""
    for shipment in order.shipments.all():
        yield from _on_the_way(shipment)
    for row in order.returns.all():
        if row.requested_at:
            yield Entry("event", row.requested_at, icon="case", text=said_of_return(row))


def _on_the_way(shipment: Shipment) -> Iterable[Entry]:
    """Where a parcel came to a new stage; every scan stands in the panel beside."""
    stage = ""
    for event in reversed(parcel_events(shipment)):
        if event["stage"] and event["stage"] == stage:
            continue
        stage = event["stage"]
        yield Entry(
            "event",
            event["at"],
            icon=_STAGE_ICONS.get(event["stage"], "truck"),
            text=" · ".join(p for p in (shipment.carrier, event["text"], event["location"]) if p),
        )


def parcel_events(shipment: Shipment) -> list[dict[str, Any]]:
    """The carrier's events newest first; one without a readable time is left out."""
    found = []
    for event in shipment.events if isinstance(shipment.events, list) else []:
        at = time_of(event.get("at"))
        if at is None:
            continue
        stage = str(event.get("stage") or "")
        words = str(event.get("text") or "") or _stage_words(stage)
        found.append(
            {
                "at": at,
                "text": words,
                "location": str(event.get("location") or ""),
                "stage": stage,
            }
        )
    return sorted(found, key=lambda e: e["at"], reverse=True)


def _stage_words(stage: str) -> str:
    return str(Stage(stage).label) if stage in Stage.values else stage


def _mark_days(entries: Sequence[Entry], zone: ZoneInfo | None) -> None:
    last = None
    for entry in entries:
        day = timezone.localtime(entry.at).date()
        entry.new_day, last = day != last, day
        entry.there = local_time(entry.at, zone)
