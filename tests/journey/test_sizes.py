"""What is taken at once is limited by its bytes: a few huge mails do not fill the memory."""

from __future__ import annotations

import pytest

from tradewind.channels import deliveries
from tradewind.channels.mail import event
from tradewind.channels.mail.mailbox import FetchedMail
from tradewind.channels.models import Channel, Delivery
from tradewind.journey import arrival, mailboxes


@pytest.fixture
def mail_channel(in_alices):
    return Channel.objects.create(
        key="ch_mail", platform="email", name="Mail", config={"address": "help@shop.example"}
    )


def _mail(number: int, body: bytes = b"Where is it?") -> bytes:
    head = f"From: a@b.example\r\nSubject: s\r\nMessage-ID: <{number}@b.example>\r\n\r\n"
    return head.encode() + body


def test_large_mails_are_accepted_before_more_are_fetched(mail_channel, monkeypatch):
    monkeypatch.setattr(mailboxes, "AT_ONCE_BYTES", 5_000)
    safe = []

    def fetched():
        for uid in range(1, 8):
            yield FetchedMail(uid, 7, _mail(uid, b"x" * 2_000), None, "")
            safe.append(Delivery.objects.count())

    assert mailboxes._take_in(mail_channel, fetched()) == 7
    assert safe == [0, 0, 3, 3, 3, 6, 6]
    assert Delivery.objects.count() == 7


def test_order_numbers_are_looked_for_in_the_beginning_of_a_huge_mail(mail_channel, monkeypatch):
    searched = []
    monkeypatch.setattr(event, "order_ids", lambda text, **_: searched.append(len(text)) or [])
    raw = _mail(1, b"order 12345678\r\n" + b"1234 " * 200_000)
    deliveries.accept(mail_channel.pk, [deliveries.Raw("m", raw)], transport="mail")
    assert arrival.apply_waiting() == 1
    assert Delivery.objects.get().state == "applied"
    assert 10_000 < max(searched) < 50_000


def test_a_batch_is_claimed_by_its_bytes_and_never_empty(mail_channel, monkeypatch):
    monkeypatch.setattr(deliveries, "CLAIM_BYTES", 1_500)
    raws = [
        deliveries.Raw(f"k{n}", b"x" * size) for n, size in enumerate([600, 600, 600, 9_000, 1])
    ]
    deliveries.accept(mail_channel.pk, raws, transport="mail")
    claimed = []
    while some := deliveries.claim(400):
        claimed.append([one.dedupe_key for one in some])
        deliveries.settle(some)
    assert claimed == [["k0", "k1"], ["k2"], ["k3"], ["k4"]]


def test_a_batch_of_small_deliveries_is_limited_by_number(mail_channel):
    raws = [deliveries.Raw(f"k{n}", b"x") for n in range(5)]
    deliveries.accept(mail_channel.pk, raws, transport="mail")
    assert [len(deliveries.claim(limit)) for limit in (1, 3, 400)] == [1, 3, 5]
