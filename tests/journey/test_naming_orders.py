"""Every shop counts from #1001: a message is tied to the order that is meant, or to none."""

from __future__ import annotations

import pytest

from tests.journey_helpers import api_item, arrive, mail_in
from tradewind.channels.models import Channel
from tradewind.commerce import orders
from tradewind.commerce.models import Buyer, Identity, Order, Shipment, Store, StoreChannel
from tradewind.inbox.models import Conversation


@pytest.fixture
def stores(in_alices):
    """Two Shopify shops, each with a mailbox of its own and an order #1001."""
    made = []
    for name in ("Lamps", "Toys"):
        store = Store.objects.create(name=name, platform="shopify")
        channel = Channel.objects.create(
            key=f"ch_{name}", platform="email", name=name, config={"address": f"{name}@x.example"}
        )
        StoreChannel.objects.create(channel=channel, store=store)
        order = Order.objects.create(
            platform="shopify", external_id=f"9{name}", number="#1001", store=store
        )
        made.append((store, channel, order))
    return made


@pytest.fixture
def anywhere(in_alices):
    """A channel that no store stands behind."""
    return Channel.objects.create(key="ch_api", platform="api", name="API", state="live")


def _buyer(email: str) -> Buyer:
    buyer = Buyer.objects.create(name=email)
    Identity.objects.create(buyer=buyer, kind="email", value=email)
    return buyer


def _mail(number: str = "1001") -> bytes:
    return (
        f"From: anna@example.de\r\nSubject: order #{number}\r\nMessage-ID: <{number}@e>\r\n\r\n"
        f"Where is my order {number}?\r\n"
    ).encode()


@pytest.mark.parametrize("index", [0, 1])
def test_the_order_of_the_shop_that_was_written_to_is_meant(stores, index):
    _, channel, order = stores[index]
    mail_in(channel, _mail())
    assert Conversation.objects.get().order == order


def test_another_shops_order_is_not_meant_even_if_it_is_the_only_one(stores):
    (_, channel, own), (_, _, other) = stores
    own.delete()
    mail_in(channel, _mail())
    assert Conversation.objects.get().order is None
    assert Order.objects.get() == other


def test_the_buyers_own_order_is_meant_in_whichever_shop(stores):
    (_, channel, own), (_, _, other) = stores
    own.delete()
    Order.objects.filter(pk=other.pk).update(buyer=_buyer("anna@example.de"))
    mail_in(channel, _mail())
    assert Conversation.objects.get().order == other


def test_without_a_shop_the_buyers_order_is_meant(stores, anywhere):
    order = stores[1][2]
    Order.objects.filter(pk=order.pk).update(buyer=_buyer("anna@example.de"))
    arrive(anywhere, api_item("m1", order="1001"))
    assert Conversation.objects.get().order == order


def test_where_nobody_can_tell_which_is_meant_none_is(stores, anywhere):
    arrive(anywhere, api_item("m1", order="#1001"))
    assert Conversation.objects.get().order is None


def test_two_orders_of_one_number_in_one_shop_are_told_apart_by_the_buyer(stores):
    store, channel, _ = stores[0]
    theirs = Order.objects.create(
        platform="shopify",
        external_id="7",
        number="1001",
        store=store,
        buyer=_buyer("anna@example.de"),
    )
    mail_in(channel, _mail())
    assert Conversation.objects.get().order == theirs


def test_the_platforms_own_id_is_known_without_a_shop(stores, anywhere):
    order = stores[0][2]
    arrive(anywhere, api_item("m1", order=order.external_id))
    assert Conversation.objects.get().order == order


@pytest.mark.parametrize("index", [0, 1])
def test_a_parcel_goes_to_the_order_of_its_own_shop(stores, index):
    store, _, order = stores[index]
    parcel = {"id": "p1", "order_ids": ["1001"]}
    orders.upsert_shipment(parcel, platform="shopify", store_id=store.pk)
    assert Shipment.objects.get().order == order
