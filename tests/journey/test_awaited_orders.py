"""A message may come before its order is known here: both find each other."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from tests.journey_helpers import api_item, arrive, mail_in
from tradewind.channels import deliveries
from tradewind.channels.models import Channel
from tradewind.commerce.models import Order, Store, StoreChannel
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import AwaitedOrder, Conversation, LiveEvent
from tradewind.journey import arrival, named_orders, sweep

MAIL = (
    b"From: anna@example.de\r\nSubject: Your order #1042\r\nMessage-ID: <1@e>\r\n\r\n"
    b"Where is it?\r\n"
)


@pytest.fixture
def shop(in_alices):
    return Store.objects.create(name="Lamps", platform="shopify")


@pytest.fixture
def mailbox(shop):
    channel = Channel.objects.create(
        key="ch_mail", platform="email", name="Mail", config={"address": "help@x.example"}
    )
    StoreChannel.objects.create(channel=channel, store=shop)
    return channel


@pytest.fixture
def shopify(shop):
    channel = Channel.objects.create(key="ch_shop", platform="shopify", name="Shop", state="live")
    StoreChannel.objects.create(channel=channel, store=shop)
    return channel


@pytest.fixture
def anywhere(in_alices):
    return Channel.objects.create(key="ch_api", platform="api", name="API", state="live")


def tell(channel: Channel, number: str, total: str = "5.00") -> None:
    """As Shopify tells of an order that was paid."""
    body = {"id": 820982911946154508, "name": number, "total_price": total, "currency": "EUR"}
    envelope = {"headers": {"x-shopify-topic": "orders/paid"}}
    raw = deliveries.Raw(f"paid {number}", orjson.dumps(body), envelope)
    deliveries.accept(channel.pk, [raw], transport="webhook")
    while arrival.apply_waiting():
        pass


def test_a_mail_that_came_before_its_order_gets_it_when_the_shop_tells(mailbox, shopify):
    mail_in(mailbox, MAIL)
    conversation = Conversation.objects.get()
    assert conversation.order is None
    LiveEvent.objects.all().delete()
    tell(shopify, "#1042", total="812.00")
    conversation.refresh_from_db()
    assert conversation.order.number == "#1042"
    assert LiveEvent.objects.filter(
        kind="changed", conversation_ids__contains=[conversation.pk]
    ).exists()
    assert not AwaitedOrder.objects.exists()


def test_what_the_order_is_worth_counts_from_then_on(mailbox, shopify):
    mail_in(mailbox, MAIL)
    before = Conversation.objects.get().priority
    tell(shopify, "#1042", total="2500.00")
    assert Conversation.objects.get().priority > before


def test_an_order_of_another_number_ties_nothing(mailbox, shopify):
    mail_in(mailbox, MAIL)
    tell(shopify, "#1043", total="5.00")
    assert Conversation.objects.get().order is None
    assert AwaitedOrder.objects.get().number == "1042"


def test_another_shops_order_of_the_number_ties_nothing(mailbox):
    mail_in(mailbox, MAIL)
    other = Store.objects.create(name="Toys", platform="shopify")
    Order.objects.create(platform="shopify", external_id="9", number="#1042", store=other)
    named_orders.tie({"1042"})
    assert Conversation.objects.get().order is None


def test_an_order_once_there_stays_whatever_number_comes_later(anywhere):
    first = Order.objects.create(platform="shopify", external_id="1", number="#1042")
    arrive(anywhere, api_item("m1", order="1042", conversation="c"))
    arrive(anywhere, api_item("m2", order="1043", conversation="c"))
    Order.objects.create(platform="shopify", external_id="2", number="#1043")
    named_orders.tie({"1043"})
    assert Conversation.objects.get().order == first


def test_a_number_that_only_the_text_has_finds_its_order(anywhere):
    order = Order.objects.create(
        platform="amazon", external_id="305-7718824-0094717", number="305-7718824-0094717"
    )
    arrive(anywhere, api_item("m1", "Where is 305-7718824-0094717, please?"))
    assert Conversation.objects.get().order == order


def test_a_number_in_a_later_message_finds_its_order_too(anywhere):
    order = Order.objects.create(
        platform="amazon", external_id="305-7718824-0094717", number="305-7718824-0094717"
    )
    arrive(anywhere, api_item("m1", "Hello?", conversation="c"))
    arrive(anywhere, api_item("m2", "It is 305-7718824-0094717", conversation="c"))
    assert Conversation.objects.get().order == order


def test_what_crossed_in_one_moment_is_tied_by_night(mailbox, shop):
    mail_in(mailbox, MAIL)
    order = Order.objects.create(platform="shopify", external_id="9", number="#1042", store=shop)
    sweep.tie_orders()
    with in_workspace(mailbox.workspace_id):
        assert Conversation.objects.get().order == order


def test_nobody_waits_for_ever(mailbox):
    mail_in(mailbox, MAIL)
    AwaitedOrder.objects.update(since=timezone.now() - timedelta(days=181))
    sweep.tie_orders()
    with in_workspace(mailbox.workspace_id):
        assert not AwaitedOrder.objects.exists()
