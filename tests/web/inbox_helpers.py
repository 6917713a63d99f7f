"""A small desk: an API channel with a store, and conversations that arrived through it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel
from tradewind.commerce.models import Store, StoreChannel
from tradewind.inbox.models import Conversation

ANGRY = "My parcel never arrived, I want my money back or I open an A-to-z claim!"


def make_channel(**config: Any) -> Channel:
    """A live channel of the JSON API that speaks for a store in Germany."""
    channel = Channel.objects.create(
        key="ch_inbox", platform="api", name="Shop", state="live", config=config
    )
    store = Store.objects.create(
        name="Harbor DE", platform="api", country="DE", currency="EUR", response_minutes=1440
    )
    StoreChannel.objects.create(channel=channel, store=store)
    return channel


def conversation(channel: Channel, external_id: str = "m1", text: str = ANGRY, **more: Any):
    """A conversation that arrived the ordinary way."""
    arrive(channel, api_item(external_id, text, conversation=f"c-{external_id}", **more))
    return Conversation.objects.order_by("-id")[0]


def signed_in(person: Any) -> Client:
    """A browser of this person that asks for pages."""
    client = Client(headers={"Accept": "text/html"})
    client.force_login(person)
    return client


def htmx(client: Client, url: str, target: str = "thread") -> Any:
    """A piece of a page, as htmx asks for it."""
    return client.get(url, headers={"HX-Request": "true", "HX-Target": target})


def write(client, found, text="We have found it.", **more):
    base = {"kind": "reply", "text": text, "base": found.last_message_id, "key": "w_1"}
    return client.post(f"/c/{found.pk}/write", base | more)
