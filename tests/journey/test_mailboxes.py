"""Mailboxes read from a real Dovecot: nothing floods in, nothing is lost, all of it in its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.channels.mail.conftest import dovecot, mailbox
from tests.channels.mail.dovecot import Dovecot
from tradewind.channels.mail.mailbox import FetchedMail, Mailbox, MailboxSettings
from tradewind.channels.models import Channel, ChannelState, Delivery
from tradewind.channels.sealing import set_secrets
from tradewind.inbox import services as inbox
from tradewind.inbox.models import Conversation, Message, State
from tradewind.journey import arrival, backfilling, mailboxes, reply

__all__ = ["dovecot", "mailbox"]
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_mail(number: int, *, written: datetime = NOW, more: str = "") -> bytes:
    return (
        f"From: Anna <anna@example.com>\nTo: help@shop.example\nSubject: Paket {number}\n"
        f"Message-ID: <m{number}@example.com>\nDate: {written:%d %b %Y %H:%M:%S +0000}\n{more}\n"
        f"Wo ist mein Paket {number}?\n"
    ).encode()


def came(at: datetime) -> str:
    return f"{at:%d-%b-%Y %H:%M:%S +0000}"


def channel_on(mailbox: MailboxSettings, **config: object) -> Channel:
    servers = {"imap_host": mailbox.host, "imap_port": mailbox.port, "imap_tls": "none"}
    channel = Channel(
        key="ch_mail",
        platform="email",
        name="Mail",
        state=ChannelState.LIVE,
        config={"address": "help@shop.example", "user": mailbox.user} | servers | config,
    )
    set_secrets(channel, {"password": mailbox.password, "thread_key": "k" * 64})
    channel.save()
    return channel


@pytest.fixture
def channel(in_alices, mailbox) -> Channel:
    """A live channel on an empty mailbox, read from now on."""
    channel = channel_on(mailbox)
    assert mailboxes.read_once(channel)
    return channel


def read(channel: Channel) -> list[str]:
    """Read once and apply; the subjects of all that is shown now, as they came in."""
    assert mailboxes.read_once(channel), channel.last_error
    while arrival.apply_waiting():
        pass
    return list(
        Message.objects.filter(direction="in").order_by("id").values_list("subject", flat=True)
    )


def change(channel: Channel, **config: object) -> None:
    channel.config = channel.config | config
    channel.save()


def test_a_mail_that_goes_away_between_the_looks_leaves_no_trace(
    channel, dovecot: Dovecot, mailbox, monkeypatch
):
    dovecot.deliver(mailbox.user, a_mail(1), a_mail(2), a_mail(3))
    answer = Mailbox._fetch

    def without_the_second(box, uids, what):
        got = answer(box, uids, what)
        return [one for one in got if one[0] != 2] if "BODY" in what else got

    monkeypatch.setattr(Mailbox, "_fetch", without_the_second)
    assert read(channel) == ["Paket 1", "Paket 3"]
    assert Delivery.objects.count() == 2
    assert channel.progress["last_uid"] == 3


def test_every_mail_handed_out_empty_is_kept_as_failed_with_its_reason(
    channel, dovecot: Dovecot, mailbox, monkeypatch
):
    dovecot.deliver(mailbox.user, *(a_mail(number) for number in range(1, 5)))
    answer = Mailbox._fetch

    def nil_for_some(box, uids, what):
        got = answer(box, uids, what)
        return [(u, h, b"" if u in (2, 3) else raw) for u, h, raw in got] if "BODY" in what else got

    monkeypatch.setattr(Mailbox, "_fetch", nil_for_some)
    assert read(channel) == ["Paket 1", "Paket 4"]
    failed = Delivery.objects.filter(state="failed").order_by("id")
    assert [d.envelope["uid"] for d in failed] == [2, 3]
    assert "lists mail 2 but does not hand it out" in failed[0].error
    # Once the server has them again, a back-fill brings them.
    monkeypatch.undo()
    today = NOW.date()
    assert mailboxes.backfill(channel, since=today - DAY, until=today + DAY) == 2


def test_word_of_a_mark_in_between_is_not_taken_for_an_empty_mail(
    dovecot: Dovecot, mailbox, monkeypatch
):
    dovecot.deliver(mailbox.user, a_mail(1))
    answer = Mailbox._fetch

    def told_in_between(box, uids, what):
        return [*answer(box, uids, what), (1, b"1 (FLAGS (\\Seen) UID 1)", b"")]

    monkeypatch.setattr(Mailbox, "_fetch", told_in_between)
    with Mailbox(mailbox) as box:
        [mail] = box.fetch([1])
    assert (mail.raw, mail.problem) == (a_mail(1).replace(b"\n", b"\r\n"), "")


def test_a_mail_that_was_cut_says_so_in_its_delivery(channel):
    cut = FetchedMail(9, 1, a_mail(9), NOW, "The mail has 200 bytes; only 100 were fetched.")
    mailboxes._take_in(channel, iter([cut]))
    arrival.apply_waiting()
    delivery = Delivery.objects.get()
    assert delivery.state == "applied"
    assert "only 100 were fetched" in " ".join(delivery.warnings)


def answered_and_closed(in_alices) -> Conversation:
    conversation = Conversation.objects.get()
    reply.write(in_alices.bob, conversation, "It left yesterday.")
    inbox.set_state(in_alices.bob, conversation, State.RESOLVED)
    return conversation


def test_a_mail_held_for_hours_opens_what_was_closed_meanwhile(
    channel, dovecot: Dovecot, mailbox, in_alices
):
    dovecot.deliver(mailbox.user, a_mail(1, written=NOW - DAY), when=came(NOW - DAY))
    read(channel)
    conversation = answered_and_closed(in_alices)
    said = conversation.messages.get(direction="out")
    Message.objects.filter(pk=said.pk).update(sent_at=NOW - HOUR)
    Conversation.objects.update(last_message_at=NOW - HOUR)
    answer = a_mail(2, written=NOW - 2 * HOUR, more="In-Reply-To: <m1@example.com>\n")
    dovecot.deliver(mailbox.user, answer, when=came(NOW))
    read(channel)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.resolved_at) == ("open", None)
    assert conversation.company_due_at is not None
    assert conversation.company_due_at > NOW
    late = conversation.messages.get(subject="Paket 2")
    assert (late.sent_at, conversation.last_message_at) == (NOW, NOW)
    assert late.headers["written_at"] == f"{NOW - 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}"


def test_an_old_mail_that_is_filled_in_later_stays_quiet(
    channel, dovecot: Dovecot, mailbox, in_alices
):
    dovecot.deliver(mailbox.user, a_mail(1), when=came(NOW - DAY))
    read(channel)
    conversation = answered_and_closed(in_alices)
    older = a_mail(2, more="In-Reply-To: <m1@example.com>\n")
    dovecot.deliver(mailbox.user, older, when=came(NOW - 3 * DAY))
    read(channel)
    conversation.refresh_from_db()
    assert (conversation.message_count, conversation.state) == (3, "resolved")
    assert conversation.company_due_at is None


def test_what_crossed_our_answer_by_moments_is_owed_one(
    channel, dovecot: Dovecot, mailbox, in_alices
):
    dovecot.deliver(mailbox.user, a_mail(1), when=came(NOW - DAY))
    read(channel)
    conversation = answered_and_closed(in_alices)
    crossing = a_mail(2, more="In-Reply-To: <m1@example.com>\n")
    dovecot.deliver(mailbox.user, crossing, when=came(NOW - timedelta(seconds=20)))
    read(channel)
    conversation.refresh_from_db()
    assert conversation.state == "open"
    assert conversation.company_due_at is not None


def test_another_folder_is_read_from_its_end(channel, dovecot: Dovecot, mailbox):
    client = dovecot.client(mailbox.user)
    client.create("Returns")
    client.logout()
    dovecot.deliver(mailbox.user, a_mail(1), a_mail(2))
    dovecot.deliver(mailbox.user, *(a_mail(n) for n in range(10, 14)), folder="Returns")
    assert read(channel) == ["Paket 1", "Paket 2"]
    change(channel, folder="Returns")
    assert read(channel) == ["Paket 1", "Paket 2"]
    dovecot.deliver(mailbox.user, a_mail(14), folder="Returns")
    assert read(channel) == ["Paket 1", "Paket 2", "Paket 14"]
    # Back to the first, whose numbers mean something else again.
    dovecot.deliver(mailbox.user, a_mail(3))
    change(channel, folder="INBOX")
    assert read(channel) == ["Paket 1", "Paket 2", "Paket 14"]


def test_another_user_is_read_from_the_end_as_soon_as_the_channel_goes_live(
    channel, dovecot: Dovecot, mailbox, in_alices
):
    other = replace(mailbox, user=f"{mailbox.user}-other")
    dovecot.deliver(other.user, a_mail(1), a_mail(2))
    change(channel, user=other.user)
    assert not mailboxes.has_place(channel)
    backfilling.go_live(in_alices.alice, channel)
    assert (mailboxes.has_place(channel), channel.progress["last_uid"]) == (True, 2)
    dovecot.deliver(other.user, a_mail(3))
    assert read(channel) == ["Paket 3"]


def test_a_place_kept_before_it_named_its_mailbox_counts(channel, dovecot: Dovecot, mailbox):
    del channel.progress["mailbox"], channel.progress["came_at"]
    channel.save()
    dovecot.deliver(mailbox.user, a_mail(1))
    assert read(channel) == ["Paket 1"]


def test_a_new_numbering_goes_on_from_the_last_mail_that_came(in_alices, dovecot: Dovecot, mailbox):
    client = dovecot.client(mailbox.user)
    client.create("Returns")
    channel = channel_on(mailbox, folder="Returns")
    mailboxes.start_at_end(channel)
    channel.progress["came_at"] = (NOW - 9 * DAY).isoformat()
    dovecot.deliver(mailbox.user, a_mail(1), folder="Returns", when=came(NOW - 3 * DAY))
    dovecot.deliver(mailbox.user, a_mail(2), folder="Returns", when=came(NOW - 2 * DAY))
    assert read(channel) == ["Paket 1", "Paket 2"]
    client.delete("Returns")
    client.create("Returns")
    client.logout()
    # In any order: the two, one that came since, and years that were never asked for.
    for number, at in ((3, NOW), (2, NOW - 2 * DAY), (1, NOW - 3 * DAY)):
        dovecot.deliver(mailbox.user, a_mail(number), folder="Returns", when=came(at))
    for number in range(10, 15):
        dovecot.deliver(mailbox.user, a_mail(number), folder="Returns", when=came(NOW - 400 * DAY))
    assert read(channel) == ["Paket 1", "Paket 2", "Paket 3"]
    assert read(channel) == ["Paket 1", "Paket 2", "Paket 3"]
    dovecot.deliver(mailbox.user, a_mail(4), folder="Returns")
    assert read(channel) == ["Paket 1", "Paket 2", "Paket 3", "Paket 4"]
