"""The door of channels: make and change them, watch their health, replay what failed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels.deliveries import NOTIFY
from tradewind.channels.models import Channel, ChannelState, Delivery, Refusal
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import set_secrets
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id

BUILT_IN = ("email", "api")


def create_channel(
    actor: Actor | None,
    *,
    platform: str,
    name: str,
    config: Mapping[str, Any] | None = None,
    secrets_given: Mapping[str, str] | None = None,
    state: str = ChannelState.DRAFT,
) -> Channel:
    """A new connection; its key is its address under /hooks/."""
    if actor:
        actor.require(Right.SET_UP)
    known = [*BUILT_IN, *platforms()]
    if platform not in known:
        raise Invalid(f"platform: got “{platform}”, wanted one of {', '.join(known)}")
    if not name.strip():
        raise Invalid("name: got nothing, wanted a name")
    given = dict(secrets_given or {})
    if platform == "email":
        given.setdefault("thread_key", secrets.token_hex(32))
    with atomic():
        channel = Channel(
            key=f"ch_{secrets.token_urlsafe(18)}",
            platform=platform,
            name=name.strip()[:120],
            config=dict(config or {}),
            state=state,
        )
        set_secrets(channel, given)
        channel.save()
        if actor:
            identity.audit(actor, "channel.created", subject=channel, platform=platform, name=name)
    return channel


@atomic
def change_channel(
    actor: Actor,
    channel: Channel,
    *,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    secrets_given: Mapping[str, str] | None = None,
    state: str | None = None,
) -> Channel:
    """Change a connection; secrets left out stay as they are, replaced ones stay valid beside."""
    actor.require(Right.SET_UP)
    if state is not None and state not in ChannelState.values:
        raise Invalid(f"state: got “{state}”, wanted one of {', '.join(ChannelState.values)}")
    changed = []
    if name is not None:
        channel.name = name.strip()[:120] or channel.name
        changed.append("name")
    if config is not None:
        channel.config = {**channel.config, **config}
        changed.append("config")
    if secrets_given:
        set_secrets(channel, secrets_given, keep_former=True)
        changed.append("secrets")
    if state is not None:
        channel.state = state
        changed.append("state")
    channel.save(update_fields=changed)
    identity.audit(
        actor,
        "channel.changed",
        subject=channel,
        fields=changed,
        secrets=sorted(secrets_given or {}),
    )
    return channel


def get_channel(actor: Actor, channel_id: int) -> Channel:
    """A channel of the workspace; raises NotFound."""
    actor.require(Right.SET_UP)
    if (channel := Channel.objects.filter(pk=channel_id).first()) is None:
        raise NotFound("channel")
    return channel


def channels_of(actor: Actor) -> list[Channel]:
    """The channels of the workspace, oldest first; their secrets stay sealed."""
    actor.require(Right.READ)
    return list(Channel.objects.filter(workspace_id=actor.workspace_id).order_by("id"))


def find_api_channel(key: str = "") -> int | None:
    """The channel that messages go to: the one named, else the workspace's API channel."""
    if key:
        return Channel.objects.filter(key=key).values_list("id", flat=True).first()
    found = (
        Channel.objects.filter(platform="api").order_by("id").values_list("id", flat=True).first()
    )
    if found is None:
        with atomic():
            # Two first posts at once must not make two.
            _lock(current_workspace_id())
            return find_api_channel_again()
    return found


def find_api_channel_again() -> int:
    """The API channel, made if there is none; the caller holds the lock."""
    found = Channel.objects.filter(platform="api").order_by("id").first()
    return (found or create_channel(None, platform="api", name="API", state=ChannelState.LIVE)).pk


def _lock(workspace_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7462, %s)", [workspace_id % 2**31])


def find_by_key(key: str) -> tuple[int, int] | None:
    """(channel id, workspace id) of the address /hooks/<key>; needs no workspace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, workspace_id FROM channels_by_key(%s)", [key[:64]])
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def refuse(channel_id: int, *, reason: str, ip: str | None, body_bytes: int) -> None:
    """Write down that a request was not from the platform; its body is not kept."""
    Refusal.objects.create(
        channel_id=channel_id, reason=reason[:300], ip=ip, body_bytes=min(body_bytes, 2**31 - 1)
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What came through a channel and what became of it."""

    accepted: int
    applied: int
    ignored: int
    failed: int
    waiting: int
    refused: int
    oldest_waiting_at: datetime | None
    today: int


def ledger(channel: Channel) -> Ledger:
    """The channel's account: accepted = applied + nothing to do + failed + waiting."""
    rows = dict(
        Delivery.objects.filter(channel=channel).values_list("state").annotate(n=Count("id"))
    )
    more = Delivery.objects.filter(channel=channel).aggregate(
        oldest=Min("received_at", filter=Q(state="waiting")),
        today=Count("id", filter=Q(received_at__gte=timezone.now() - timedelta(hours=24))),
    )
    return Ledger(
        accepted=sum(rows.values()),
        applied=rows.get("applied", 0),
        ignored=rows.get("ignored", 0),
        failed=rows.get("failed", 0),
        waiting=rows.get("waiting", 0),
        refused=Refusal.objects.filter(channel=channel).count(),
        oldest_waiting_at=more["oldest"],
        today=more["today"],
    )


@atomic
def replay(actor: Actor | None, channel: Channel, *, delivery_ids: list[int] | None = None) -> int:
    """Apply failed deliveries again (all of the channel's, or those named); how many."""
    if actor:
        actor.require(Right.REPLAY)
    failed = Delivery.objects.filter(channel=channel, state="failed")
    if delivery_ids is not None:
        failed = failed.filter(pk__in=delivery_ids)
    count = failed.update(state="waiting", error="")
    if actor:
        identity.audit(actor, "channel.replayed", subject=channel, deliveries=count)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NOTIFY, str(current_workspace_id())])
    return count
