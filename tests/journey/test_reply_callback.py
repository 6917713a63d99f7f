"""Replies of the API channel go to its callback, signed; and what policy stops anywhere."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from tests.channels.connector_fakes import platform
from tests.journey.telegram_world import conversation_with, sent
from tests.journey_helpers import api_item, arrive
from tradewind.channels.connector.errors import OutgoingRefused
from tradewind.channels.models import Channel
from tradewind.channels.sealing import set_secrets
from tradewind.channels.sending import check_callback, egress
from tradewind.core.hosts import PrivateHosts
from tradewind.inbox.models import Attachment, Conversation, Draft, Outgoing
from tradewind.journey import reply
from tradewind.journey.reply import PolicyStop

TEXT = "It left our warehouse yesterday and arrives on Thursday."


def asked_over_api(callback_url: str, platform_name: str = "api") -> Conversation:
    channel = Channel(
        key="ch_api",
        platform="api",
        name="API",
        state="live",
        config={"callback_url": callback_url},
    )
    set_secrets(channel, {"callback_secret": "hush"})
    channel.save()
    arrive(channel, api_item("m1", conversation="c1"))
    Conversation.objects.update(platform=platform_name)
    return Conversation.objects.get()


def test_a_callback_gets_the_reply_signed_and_under_one_key(in_alices):
    answers = [(500, {}), (200, {})]
    with platform(lambda _: answers.pop(0)) as fake:
        conversation = asked_over_api(f"{fake.origin}/replies")
        reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        row = Outgoing.objects.get()
        assert (row.state, row.error_code) == ("queued", "500")
        Outgoing.objects.update(next_try_at=row.created_at)
        reply.send_due()
    row.refresh_from_db()
    assert row.state == "accepted"
    first, second = fake.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    expected = hmac.new(b"hush", second.body, hashlib.sha256).hexdigest()
    assert second.headers["x-tradewind-signature"] == f"sha256={expected}"
    assert (second.json["conversation"], second.json["text"]) == ("c1", TEXT)


def test_a_callback_into_a_network_that_is_not_listed_is_never_called(in_alices):
    # The tests' list is 127.0.0.0/8; 10.0.0.0/8 is not on it.
    conversation = asked_over_api("https://10.1.2.3/replies")
    reply.write(in_alices.bob, conversation, TEXT)
    reply.send_due()
    row = Outgoing.objects.get()
    assert (row.state, row.error_code) == ("failed", "address")
    assert "private network" in row.error_text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://10.1.2.3/x", "Only https"),
        ("https://10.1.2.3/x", "private network"),
        ("https://169.254.169.254/latest", "private network"),
        ("http://93.184.216.34/x", "Only https"),
        ("https://user@127.0.0.1/x", "no plain host"),
        ("ftp://127.0.0.1/x", "Only https"),
    ],
)
def test_addresses_that_are_not_listed_are_refused(in_alices, url, told):
    with pytest.raises(OutgoingRefused, match=told):
        check_callback(url)


def test_what_is_listed_may_be_called_by_http():
    check_callback("http://127.0.0.1:9000/x")
    assert egress().permits_private("http://[::1]/x")
    listed = PrivateHosts.of(["erp.lan", "10.0.0.0/8"])
    assert listed.covers("ERP.lan", ["192.168.1.1"])
    assert listed.covers("shop.lan", ["10.1.1.1", "::ffff:10.1.1.2"])
    assert not listed.covers("shop.lan", ["10.1.1.1", "192.168.1.1"])
    assert not listed.covers("shop.lan", [])


@pytest.mark.parametrize(
    ("platform_name", "text", "told"),
    [
        ("amazon", "Please see https://shop.example/track for where it is now.", "forbids links"),
        ("amazon", "Please leave a positive review when it has arrived, thanks!", "reviews"),
        ("tiktok_shop", "x" * 2001, "2001 characters; this platform takes at most 2000"),
        ("ebay", "Dear {{name}}, your parcel is on its way to you since yesterday.", "not been"),
    ],
)
def test_what_a_platform_forbids_is_stopped_with_a_sentence(in_alices, platform_name, text, told):
    conversation = asked_over_api("", platform_name)
    with pytest.raises(PolicyStop, match=told):
        reply.write(in_alices.bob, conversation, text)
    assert not Outgoing.objects.exists()


def test_files_are_stopped_where_the_platform_cannot_take_them(in_alices):
    with conversation_with(sent) as (conversation, api):
        draft = Draft.objects.create(conversation=conversation, author=in_alices.bob.person)
        row = Attachment.objects.create(draft=draft, name="label.pdf", size=9)
        with pytest.raises(PolicyStop, match="files cannot be sent on this platform"):
            reply.write(in_alices.bob, conversation, TEXT, attachment_ids=[row.pk])
        reply.send_due()
    assert api.asked == []
