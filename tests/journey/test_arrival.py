"""A message arrives: shown exactly once, read, weighed, given to somebody; bad ones are kept."""

from __future__ import annotations

import pytest

from tests.journey_helpers import api_item, arrive, hand_in, mail_in
from tradewind.channels.models import Channel, Delivery
from tradewind.commerce.models import Buyer, Order
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, LiveEvent, Message
from tradewind.journey import arrival
from tradewind.triage.models import Reading


@pytest.fixture
def channel(in_alices):
    return Channel.objects.create(key="ch_api", platform="api", name="API", state="live")


def test_a_message_is_shown_read_weighed_and_given_to_somebody(channel, cast):
    arrive(
        channel,
        api_item("m1", "My parcel never arrived, I want my money back or I open an A-to-z claim!"),
    )
    conversation = Conversation.objects.get()
    assert conversation.preview.startswith("My parcel never arrived")
    assert conversation.buyer_name == "Anna Keller"
    assert conversation.language == "en"
    assert "platform_claim" in conversation.threats
    assert conversation.priority > 20
    assert conversation.company_due_at is not None
    assert conversation.assignee in {cast.people.bob, cast.people.lena}
    assert conversation.assigned_because
    assert Reading.objects.get().message.conversation == conversation
    assert LiveEvent.objects.filter(conversation_ids=[conversation.pk]).exists()


def test_the_same_message_twice_is_shown_once(channel):
    arrive(channel, api_item("m1"), api_item("m2", conversation="c"))
    first = hand_in(channel, api_item("m1"))
    assert [a.is_new for a in first] == [False]
    assert arrival.apply_waiting() == 0
    assert Message.objects.count() == 2


def test_the_same_message_in_two_deliveries_is_shown_once(channel):
    arrive(channel, api_item("m1", conversation="c"))
    delivery = Delivery.objects.get()
    Delivery.objects.create(
        channel=channel, dedupe_key="other", transport="webhook", body=b"", state="waiting"
    )
    Delivery.objects.filter(pk=delivery.pk).update(state="waiting")
    Delivery.objects.filter(dedupe_key="other").delete()
    arrival.apply_waiting()
    assert Message.objects.count() == 1
    assert Conversation.objects.get().message_count == 1


def test_messages_of_one_thread_make_one_conversation_whatever_their_order(channel):
    arrive(
        channel,
        api_item("m2", "second", conversation="c", sent_at="2026-11-02T10:00:00Z"),
        api_item("m1", "first", conversation="c", sent_at="2026-11-01T10:00:00Z"),
    )
    arrive(channel, api_item("m0", "zeroth", conversation="c", sent_at="2026-10-01T10:00:00Z"))
    conversation = Conversation.objects.get()
    assert (conversation.preview, conversation.message_count) == ("second", 3)
    assert conversation.last_message_at.isoformat().startswith("2026-11-02")


def test_a_sender_known_by_address_is_one_buyer_across_conversations(channel):
    arrive(channel, api_item("m1", conversation="a"), api_item("m2", conversation="b"))
    assert Conversation.objects.count() == 2
    assert Buyer.objects.count() == 1


def test_a_message_that_names_an_order_finds_it(channel):
    order = Order.objects.create(
        platform="shopify", external_id="820982911946154508", number="#1042"
    )
    arrive(channel, api_item("m1", order="1042"))
    assert Conversation.objects.get().order == order


def test_a_body_that_is_not_understood_is_kept_with_the_reason_and_stops_nobody(channel):
    Delivery.objects.create(channel=channel, dedupe_key="bad", transport="webhook", body=b"")
    hand_in(channel, api_item("m1"))
    arrival.apply_waiting()
    bad = Delivery.objects.get(dedupe_key="bad")
    assert bad.state == "failed"
    assert bad.error
    assert Message.objects.count() == 1


def test_text_that_postgresql_cannot_keep_is_cleaned_not_refused(channel):
    arrive(channel, api_item("m1", "nul \x00 and \u202eright-to-left\u202c and a\u200bb"))
    assert "nul  and" in Message.objects.get().text


def test_a_mail_and_the_answer_to_it_are_one_conversation(in_alices):
    channel = Channel.objects.create(
        key="ch_mail", platform="email", name="Mail", config={"address": "help@shop.example"}
    )
    first = (
        b"From: Anna <anna@example.de>\r\nTo: help@shop.example\r\nSubject: Lampe kaputt\r\n"
        b"Message-ID: <a1@example.de>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\r\n"
        b"Die Lampe ist kaputt angekommen.\r\n"
    )
    second = (
        b"From: Anna <anna@example.de>\r\nTo: help@shop.example\r\nSubject: AW: ganz anders\r\n"
        b"Message-ID: <a2@example.de>\r\nIn-Reply-To: <a1@example.de>\r\n"
        b"Date: Fri, 20 Nov 2026 12:00:00 +0100\r\n\r\nNoch da?\r\n\r\n"
        b"Am 20.11.2026 um 10:05 schrieb Shop:\r\n> Wir sehen nach.\r\n> Die Lampe ist da?\r\n"
    )
    mail_in(channel, second)
    mail_in(channel, first)
    conversation = Conversation.objects.get()
    assert [m.text for m in conversation.messages.order_by("sent_at")] == [
        "Die Lampe ist kaputt angekommen.",
        "Noch da?",
    ]
    assert conversation.language == "de"


def test_two_workspaces_never_share_a_conversation(channel, cast):
    arrive(channel, api_item("m1", conversation="c"))
    with in_workspace(cast.other.pk):
        theirs = Channel.objects.create(key="ch_other", platform="api", name="API")
        arrive(theirs, api_item("m1", conversation="c"))
        assert Conversation.objects.count() == 1
    assert Conversation.objects.count() == 1


def test_an_answer_whose_clock_runs_a_little_behind_still_opens_the_conversation(channel):
    arrive(channel, api_item("m1", conversation="c", sent_at="2026-11-02T10:00:00Z"))
    Conversation.objects.update(state="resolved", last_message_at="2026-11-02T11:00:00Z")
    arrive(
        channel, api_item("m2", "still broken", conversation="c", sent_at="2026-11-02T10:59:30Z")
    )
    assert Conversation.objects.get().state == "open"
    Conversation.objects.update(state="resolved")
    arrive(channel, api_item("m0", "old", conversation="c", sent_at="2026-10-01T10:00:00Z"))
    assert Conversation.objects.get().state == "resolved"
