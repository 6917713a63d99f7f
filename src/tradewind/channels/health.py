"""The health ledger of channels: what came, when, what became of it, and where it fell silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone

from tradewind.channels.models import Channel, Delivery, DeliveryState, Refusal
from tradewind.identity.actor import Actor
from tradewind.identity.errors import NotFound
from tradewind.identity.roles import Right

SLOT = timedelta(minutes=30)
SLOTS = 48
# A silence is a gap where this many deliveries would have been usual: by chance it would stay
# silent that long in fewer than 1 of 400 days (Poisson, e^-6).
_EXPECTED_IN_GAP = 6.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel does. ``lag`` is the time from arriving to being applied, in seconds."""

    channel: Channel
    today: int
    failed: int
    waiting: int
    oldest_waiting_at: datetime | None
    lag: float | None

    @property
    def tone(self) -> str:
        """Red where something failed, amber where something waits for long, else empty."""
        if self.failed or self.channel.last_error:
            return "red"
        waits = self.oldest_waiting_at
        return "amber" if waits and timezone.now() - waits > timedelta(minutes=2) else ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence that is not usual."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """Deliveries of the last 24 hours by half hour, oldest first."""

    since: datetime
    counts: tuple[int, ...]
    gaps: tuple[Gap, ...]


def get_channel_to_watch(actor: Actor, channel_id: int) -> Channel:
    """A channel for those who watch over deliveries; raises NotFound."""
    actor.require(Right.REPLAY)
    if (channel := Channel.objects.filter(pk=channel_id).first()) is None:
        raise NotFound("channel")
    return channel


def healths(actor: Actor) -> list[Health]:
    """How every channel does, by name; three questions however many there are."""
    actor.require(Right.REPLAY)
    channels = list(Channel.objects.order_by("name", "id"))
    return _healths(channels)


def health_of(channel: Channel) -> Health:
    """How one channel does."""
    return _healths([channel])[0]


def _healths(channels: list[Channel]) -> list[Health]:
    ids = [channel.pk for channel in channels]
    day_ago = timezone.now() - timedelta(hours=24)
    open_: dict[int, Mapping[str, Any]] = {
        row["channel_id"]: row
        for row in Delivery.objects.filter(channel_id__in=ids, state__in=("waiting", "failed"))
        .order_by()
        .values("channel_id")
        .annotate(
            failed=Count("id", filter=Q(state=DeliveryState.FAILED)),
            waiting=Count("id", filter=Q(state=DeliveryState.WAITING)),
            oldest=Min("received_at", filter=Q(state=DeliveryState.WAITING)),
        )
    }
    today = dict(
        Delivery.objects.filter(channel_id__in=ids, received_at__gte=day_ago)
        .order_by()
        .values_list("channel_id")
        .annotate(n=Count("id"))
    )
    lags = _lags(ids)
    return [
        Health(
            channel=channel,
            today=today.get(channel.pk, 0),
            failed=open_.get(channel.pk, {}).get("failed", 0),
            waiting=open_.get(channel.pk, {}).get("waiting", 0),
            oldest_waiting_at=open_.get(channel.pk, {}).get("oldest"),
            lag=lags.get(channel.pk),
        )
        for channel in channels
    ]


def _lags(channel_ids: list[int]) -> dict[int, float]:
    """The median time from arriving to being applied over the newest twenty of each channel."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, percentile_cont(0.5) WITHIN GROUP"
            " (ORDER BY extract(epoch FROM d.applied_at - d.received_at))"
            " FROM channels_channel c CROSS JOIN LATERAL (SELECT applied_at, received_at"
            " FROM channels_delivery WHERE channel_id = c.id ORDER BY id DESC LIMIT 20) d"
            " WHERE c.id = ANY(%s) AND d.applied_at IS NOT NULL GROUP BY c.id",
            [channel_ids],
        )
        return {channel_id: float(lag) for channel_id, lag in cursor.fetchall()}


def day_of(channel: Channel, *, now: datetime | None = None) -> Day:
    """The last 24 hours of a channel."""
    now = now or timezone.now()
    since = now - SLOT * SLOTS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT floor(extract(epoch FROM received_at - %s) / %s)::int, count(*)"
            " FROM channels_delivery WHERE channel_id = %s AND received_at >= %s"
            " AND received_at < %s GROUP BY 1",
            [since, SLOT.total_seconds(), channel.pk, since, now],
        )
        found = dict(cursor.fetchall())
    counts = tuple(found.get(slot, 0) for slot in range(SLOTS))
    return Day(since, counts, tuple(find_gaps(counts, since=since)))


def find_gaps(counts: tuple[int, ...], *, since: datetime) -> list[Gap]:
    """Silences between deliveries that are longer than the channel's pace explains."""
    heard = [slot for slot, count in enumerate(counts) if count]
    if len(heard) < 2:
        return []
    pace = sum(counts) / (heard[-1] - heard[0] + 1)
    return [
        Gap(since + SLOT * (last + 1), since + SLOT * following)
        for last, following in pairwise(heard)
        if (following - last - 1) * pace >= _EXPECTED_IN_GAP
    ]


def recent_deliveries(channel: Channel, *, limit: int, state: str = "") -> list[Delivery]:
    """The newest deliveries without their bodies, or the newest of one state."""
    found = Delivery.objects.filter(channel=channel)
    if state:
        found = found.filter(state=state)
    return list(found.defer("body").order_by("-id")[:limit])


def recent_refusals(channel: Channel, *, limit: int) -> list[Refusal]:
    """The newest requests that were not from the platform."""
    return list(Refusal.objects.filter(channel=channel).order_by("-id")[:limit])
