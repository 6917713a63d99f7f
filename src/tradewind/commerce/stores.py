"""Stores, and which one a channel speaks for; the caller is inside the workspace."""

from __future__ import annotations

from typing import Any

from django.db.transaction import atomic

from tradewind.channels.models import Channel
from tradewind.commerce.models import Store, StoreChannel
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid, NotFound
from tradewind.identity.roles import Right

_FIELDS = {"name", "platform", "country", "currency", "timezone", "response_minutes"}


def stores() -> list[Store]:
    """Every store of the workspace, by name."""
    return list(Store.objects.order_by("name"))


def get_store(actor: Actor, store_id: int) -> Store:
    """A store; raises NotFound."""
    actor.require(Right.SET_UP)
    if (store := Store.objects.filter(pk=store_id).first()) is None:
        raise NotFound("store")
    return store


@atomic
def save_store(actor: Actor, *, store_id: int | None = None, **changes: Any) -> Store:
    """A new store, or another state of one."""
    actor.require(Right.SET_UP)
    if unknown := changes.keys() - _FIELDS:
        raise Invalid(f"{', '.join(sorted(unknown))}: not a setting of a store")
    store = get_store(actor, store_id) if store_id else Store()
    name = changes.get("name", store.name)
    if Store.objects.filter(name=name).exclude(pk=store_id or 0).exists():
        raise Conflict(f"there is a store “{name}” already")
    for field, value in changes.items():
        setattr(store, field, value)
    store.save()
    act = "store.changed" if store_id else "store.added"
    identity.audit(actor, act, subject=store, **changes)
    return store


def stores_of_channels() -> dict[int, Store]:
    """The store that each channel speaks for, by channel id."""
    return {link.channel_id: link.store for link in StoreChannel.objects.select_related("store")}


@atomic
def speak_for(actor: Actor, channel: Channel, *, store_id: int | None) -> None:
    """Let the channel speak for a store, or for none."""
    actor.require(Right.SET_UP)
    former = StoreChannel.objects.filter(channel=channel).first()
    if (former.store_id if former else None) == store_id:
        return
    if store_id is None:
        StoreChannel.objects.filter(channel=channel).delete()
    else:
        store = get_store(actor, store_id)
        StoreChannel.objects.update_or_create(channel=channel, defaults={"store": store})
    identity.audit(actor, "channel.store_changed", subject=channel, store=store_id)
