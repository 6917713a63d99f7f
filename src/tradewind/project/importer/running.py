"""An import from beginning to end: accept in batches, apply, close what is old."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from django.db.models import QuerySet

from tradewind.channels import deliveries, services
from tradewind.channels.deliveries import Raw
from tradewind.channels.models import Channel, Delivery
from tradewind.core.errors import OperatorError
from tradewind.journey import arrival
from tradewind.project import channel_desk
from tradewind.project.importer.settling import count_resolved, resolve_old
from tradewind.project.importer.sources import Item, Source
from tradewind.project.importer.state import Place

BATCH_ITEMS = 400
BATCH_BYTES = 16 * 1024 * 1024
LOOK_SECONDS = 0.2

Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted: ``since`` leaves out what is older, ``resolve_days`` closes what is."""

    source: Source
    channel_id: int
    place: Place
    errors: Path
    since: datetime | None = None
    resolve_days: int | None = 30
    wait: bool = True


@dataclass(slots=True)
class Tally:
    """What became of the items. ``failed`` were accepted and could not be applied."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    too_old: int = 0
    bad: int = 0
    failed: int = 0
    waiting: int = 0
    resolved: int = 0
    newest_delivery: int = 0
    oldest_delivery: int = 0
    channels: set[int] = field(default_factory=set)


def run(plan: Plan, *, progress: Progress) -> Tally:
    """Take the archive in, in the workspace entered; raises OperatorError.

    Killed at any moment it goes on where it was: the place is kept after each batch, and what is
    accepted twice is known by its key.
    """
    tally = Tally(channels={plan.channel_id})
    for batch in _batches(plan.source.items(after=plan.place.position)):
        _take(plan, batch, tally)
        plan.place.keep(batch[-1].position)
        if plan.wait:
            arrival.apply_waiting()
            _resolve(plan, tally)
        progress(batch[-1].done, _told(tally))
    if plan.wait:
        _apply_rest(plan, tally, progress=progress)
        tally.resolved = count_resolved(begun=plan.place.begun)
    _count_outcome(tally)
    plan.place.forget()
    return tally


def channel_for(source: Source, key: str) -> Channel:
    """The channel named, or the only one that fits; raises OperatorError."""
    if key:
        return _named(source, key)
    if source.transport == "api":
        return Channel.objects.get(pk=services.find_api_channel() or 0)
    mailboxes = list(Channel.objects.filter(platform="email").order_by("id"))
    if len(mailboxes) == 1:
        return mailboxes[0]
    if mailboxes:
        told = ", ".join(f"{c.key} “{c.name}”" for c in mailboxes)
        raise OperatorError(f"--channel: got none, wanted one of {told}.")
    raise OperatorError(
        "There is no mailbox to import into. Make one in the channel settings, or by "
        "`tradewind channel create email NAME --set address=help@example.com`; the address tells "
        "your own mails from the buyers'."
    )


def _named(source: Source, key: str) -> Channel:
    channel = channel_desk.find(key)
    if source.transport == "mail" and channel.platform != "email":
        raise OperatorError(
            f"--channel: “{channel.name}” is a channel of {channel.platform}; {source.format} "
            "wants a mailbox (platform email)."
        )
    return channel


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.raw.body) if item.raw else 0
        if len(batch) >= BATCH_ITEMS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _take(plan: Plan, batch: list[Item], tally: Tally) -> None:
    by_channel: dict[int, list[Raw]] = {}
    for item in batch:
        tally.read += 1
        error, channel_id = item.error, plan.channel_id
        if not error and item.channel:
            channel_id = services.find_api_channel(item.channel) or 0
            error = "" if channel_id else f"channel: there is no “{item.channel}”"
        if error or item.raw is None:
            _note_bad(plan, item, error, tally)
        elif plan.since and item.at and item.at < plan.since:
            tally.too_old += 1
        else:
            by_channel.setdefault(channel_id, []).append(item.raw)
    for channel_id, raws in by_channel.items():
        _accept(channel_id, raws, tally, transport=plan.source.transport)


def _accept(channel_id: int, raws: list[Raw], tally: Tally, *, transport: str) -> None:
    accepted = deliveries.accept(channel_id, raws, transport=transport)
    new = [one.delivery_id for one in accepted if one.is_new]
    tally.accepted += len(new)
    tally.duplicates += len(raws) - len(new)
    tally.channels.add(channel_id)
    if new:
        tally.newest_delivery = max(tally.newest_delivery, *new)
        tally.oldest_delivery = tally.oldest_delivery or min(new)


def _note_bad(plan: Plan, item: Item, error: str, tally: Tally) -> None:
    tally.bad += 1
    told = {"archive": str(plan.source.path), "ends_at": item.position, "error": error}
    # What a buyer wrote may be in the reason: nobody else's to read.
    descriptor = os.open(plan.errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))


def _apply_rest(plan: Plan, tally: Tally, *, progress: Progress) -> None:
    """Until nothing of this import waits; workers that run beside do their share."""
    while left := _of_this(tally).filter(state="waiting").count():
        progress(plan.source.total, f"{left:,} still to apply")
        if not arrival.apply_waiting():
            time.sleep(LOOK_SECONDS)  # a worker has them in hand
    _resolve(plan, tally)


def _resolve(plan: Plan, tally: Tally) -> None:
    if plan.resolve_days is None:
        return
    before = datetime.now(UTC) - timedelta(days=plan.resolve_days)
    resolve_old(sorted(tally.channels), before=before, begun=plan.place.begun)


def _of_this(tally: Tally) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        channel_id__in=tally.channels,
        pk__gte=tally.oldest_delivery,
        pk__lte=tally.newest_delivery,
    )


def _count_outcome(tally: Tally) -> None:
    tally.failed = _of_this(tally).filter(state="failed").count()
    tally.waiting = _of_this(tally).filter(state="waiting").count()


def _told(tally: Tally) -> str:
    told = [f"{tally.read:,} read", f"{tally.accepted:,} new"]
    told += [f"{tally.bad:,} bad"] if tally.bad else []
    return ", ".join(told)
