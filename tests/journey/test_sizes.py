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
