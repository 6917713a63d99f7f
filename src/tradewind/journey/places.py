"""Where deliveries came through: the channel as its connector sees it, and the store behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tradewind.channels.contract import Account
from tradewind.channels.models import Channel
from tradewind.channels.sealing import account_of
from tradewind.commerce.models import Store, StoreChannel


@dataclass(frozen=True, slots=True)
class Place:
    """A channel with its store."""

    channel_id: int
    platform: str
    account: Account
    store: Store | None

    @property
    def store_id(self) -> int | None:
        """The store's id, if the channel speaks for one."""
        return self.store.pk if self.store else None

    @property
    def sells_on(self) -> str:
        """The platform of its orders: a mailbox speaks for a shop on another."""
        return self.store.platform if self.store else self.platform

    @property
    def country(self) -> str:
        """The country of the store's site."""
        return self.store.country if self.store else ""


def of_channels(channel_ids: Iterable[int]) -> dict[int, Place]:
    """The place of each channel."""
    ids = list(channel_ids)
    stores = {
        link.channel_id: link.store
        for link in StoreChannel.objects.filter(channel_id__in=ids).select_related("store")
    }
    return {
        channel.pk: Place(channel.pk, channel.platform, account_of(channel), stores.get(channel.pk))
        for channel in Channel.objects.filter(pk__in=ids)
    }


def response_minutes(places: Iterable[Place]) -> dict[int, int | None]:
    """What the platform of each store demands for an answer, in minutes."""
    return {p.store.pk: p.store.response_minutes for p in places if p.store}
