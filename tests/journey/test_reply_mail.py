"""A reply by mail over a real SMTP server: threaded, with its files, its bounce told."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate

import pytest
from aiosmtpd.controller import Controller

from tests.channels.mail.dovecot import free_port
from tests.journey_helpers import mail_in
from tradewind.channels.models import Channel
from tradewind.channels.sealing import set_secrets
from tradewind.identity.errors import Invalid
from tradewind.inbox.models import Attachment, Conversation, Draft, Message, Outgoing
from tradewind.inbox.storage import file_store, key_for
from tradewind.journey import reply
from tradewind.journey.reply import PolicyStop

TEXT = "It left our warehouse yesterday and arrives on Thursday."
ASKED = (
    b"From: Anna <anna@example.de>\r\nTo: help@shop.example\r\nSubject: Where is my lamp?\r\n"
    b"Message-ID: <a2@example.de>\r\nReferences: <a0@example.de> <a1@example.de>\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0100\r\n\r\nWhere is my lamp? I ordered it in October.\r\n"
)


class Sink:
    """Keeps what it gets, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        if self.answer.startswith("2"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append(parsed)
        return self.answer


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler, port = Sink(), free_port()
    controller = Controller(handler, "127.0.0.1", port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def desk(in_alices, sink):
    """Anna's mail lies in the inbox; (server, conversation, channel)."""
    handler, port = sink
    config = {
        "address": "help@shop.example", "from_name": "Islelight", "smtp_host": "127.0.0.1",
        "smtp_port": port, "smtp_tls": "none", "smtp_user": "-",
    }  # fmt: skip
    channel = Channel(key="ch_mail", platform="email", name="Mail", state="live", config=config)
    set_secrets(channel, {"thread_key": "k" * 64})
    channel.save()
    mail_in(channel, ASKED)
    return handler, Conversation.objects.get(), channel


def test_a_reply_is_threaded_and_the_answer_to_it_joins(desk, in_alices):
    server, conversation, channel = desk
    said = reply.write(in_alices.bob, conversation, TEXT)
    assert reply.send_due() == 1
    assert Outgoing.objects.get().state == "accepted"
    [mail] = server.mails
    assert mail["In-Reply-To"] == "<a2@example.de>"
    assert mail["References"].split() == ["<a0@example.de>", "<a1@example.de>", "<a2@example.de>"]
    assert mail["Subject"] == "Re: Where is my lamp?"
    assert mail["To"].addresses[0].addr_spec == "anna@example.de"
    assert TEXT in mail.get_body().get_content()
    # Her program forgets References, as some do.
    answer = (
        "From: Anna <anna@example.de>\r\nTo: help@shop.example\r\nSubject: AW: lamp\r\n"
        f"Message-ID: <a3@example.de>\r\nIn-Reply-To: {mail['Message-ID']}\r\n"
        f"Date: {formatdate(time.time() + 60)}\r\n\r\nThank you!\r\n"
    )
    mail_in(channel, answer.encode())
    conversation.refresh_from_db()
    assert Conversation.objects.count() == 1
    assert (conversation.message_count, conversation.preview) == (3, "Thank you!")
    assert [m.pk for m in conversation.messages.filter(direction="out")] == [said.pk]


def test_a_reply_that_bounces_is_marked_failed_with_the_servers_words(desk, in_alices):
    server, conversation, channel = desk
    said = reply.write(in_alices.bob, conversation, TEXT)
    reply.send_due()
    bounce = (
        "From: MAILER-DAEMON@mx.example.de\r\nTo: help@shop.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <b1@mx.example.de>\r\n"
        "Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=b"\r\n\r\n'
        "--=b\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
        "--=b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.de\r\n"
        "\r\nFinal-Recipient: rfc822; anna@example.de\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n\r\n"
        "--=b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"{server.mails[0].as_string()}\r\n--=b--\r\n"
    )
    mail_in(channel, bounce.encode())
    row = Outgoing.objects.get(message=said)
    assert row.state == "failed"
    assert "No such user here" in row.error_text
    conversation.refresh_from_db()
    assert conversation.has_failed_send
    assert Conversation.objects.count() == 1


def test_a_server_that_refuses_is_quoted_and_one_that_is_busy_is_tried_again(desk, in_alices):
    server, conversation, _channel = desk
    server.answer = "451 come back later"
    reply.write(in_alices.bob, conversation, TEXT)
    reply.send_due()
    row = Outgoing.objects.get()
    assert (row.state, row.attempts) == ("queued", 1)
    server.answer = "550 we do not want this"
    Outgoing.objects.update(next_try_at=row.created_at)
    reply.send_due()
    row.refresh_from_db()
    assert row.state == "failed"
    assert "we do not want this" in row.error_text


def attach(actor, conversation, name: str, data: bytes) -> Attachment:
    draft, _ = Draft.objects.get_or_create(
        conversation=conversation, author=actor.person, defaults={"text": "…"}
    )
    key = key_for(actor.workspace_id, data)
    file_store().put(key, data)
    return Attachment.objects.create(
        draft=draft, name=name, mime="application/pdf", size=len(data), storage_key=key
    )


def test_files_go_along_and_a_file_of_somebody_else_stops_the_reply(desk, in_alices):
    server, conversation, _channel = desk
    own = attach(in_alices.bob, conversation, "label.pdf", b"%PDF-1.7 label")
    foreign = attach(in_alices.lena, conversation, "secret.pdf", b"%PDF-1.7 other")
    with pytest.raises(Invalid, match="no file of your draft"):
        reply.write(in_alices.bob, conversation, TEXT, attachment_ids=[own.pk, foreign.pk])
    assert Message.objects.count() == 1
    reply.write(in_alices.bob, conversation, TEXT, attachment_ids=[own.pk])
    reply.send_due()
    [part] = server.mails[0].iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("label.pdf", b"%PDF-1.7 label")


def test_more_than_a_mail_can_carry_is_stopped_before_it_leaves(desk, in_alices):
    server, conversation, _channel = desk
    row = attach(in_alices.bob, conversation, "film.mp4", b"x")
    Attachment.objects.filter(pk=row.pk).update(size=30 * 2**20)
    with pytest.raises(PolicyStop, match=r"30\.0 MB; at most 20 MB"):
        reply.write(in_alices.bob, conversation, TEXT, attachment_ids=[row.pk])
    assert reply.send_due() == 0
    assert server.mails == []


BEGUN = (
    b"From: Islelight <help@shop.example>\r\nTo: help@shop.example, Ben <ben@example.fr>\r\n"
    b"Subject: Your lamp was recalled\r\nMessage-ID: <s1@shop.example>\r\n"
    b"Date: Fri, 20 Nov 2026 09:00:00 +0100\r\n\r\nPlease unplug it.\r\n"
)


def test_a_conversation_that_the_shop_began_goes_on_to_the_buyer(desk, in_alices):
    server, _conversation, channel = desk
    mail_in(channel, BEGUN)
    begun = Conversation.objects.get(subject="Your lamp was recalled")
    assert begun.external_id == "ben@example.fr"
    reply.write(in_alices.bob, begun, TEXT)
    reply.send_due()
    reply.write(in_alices.bob, begun, "And one thing more: it is free of charge.")
    reply.send_due()
    first, second = server.mails
    assert first["To"].addresses[0].addr_spec == "ben@example.fr"
    assert first["In-Reply-To"] == "<s1@shop.example>"
    assert second["To"].addresses[0].addr_spec == "ben@example.fr"
    assert second["In-Reply-To"] == first["Message-ID"]


def test_a_reply_to_ourselves_is_refused_with_a_sentence(desk, in_alices):
    server, _conversation, channel = desk
    mail_in(channel, BEGUN.replace(b", Ben <ben@example.fr>", b""))
    begun = Conversation.objects.get(subject="Your lamp was recalled")
    said = reply.write(in_alices.bob, begun, TEXT)
    reply.send_due()
    row = Outgoing.objects.get(message=said)
    assert (row.state, row.error_code, server.mails) == ("failed", "no_address", [])
    assert "names only our own, help@shop.example" in row.error_text


def test_a_conversation_kept_under_our_own_address_finds_the_buyer_in_the_mail(desk, in_alices):
    """As conversations were kept before outgoing mail told where it went."""
    server, _conversation, channel = desk
    mail_in(channel, BEGUN)
    begun = Conversation.objects.get(subject="Your lamp was recalled")
    Conversation.objects.filter(pk=begun.pk).update(external_id="help@shop.example")
    mail = begun.messages.get()
    mail.headers["reply_address"] = "help@shop.example"
    mail.save()
    reply.write(in_alices.bob, begun, TEXT)
    reply.send_due()
    assert server.mails[0]["To"].addresses[0].addr_spec == "ben@example.fr"


def test_a_buyer_whose_program_names_the_machine_in_chinese_is_answered(desk, in_alices):
    server, conversation, channel = desk
    mail_in(channel, ASKED.replace(b"<a2@example.de>", "<2024.1@张三-PC>".encode()))
    reply.write(in_alices.bob, conversation, TEXT)
    reply.send_due()
    assert Outgoing.objects.get().state == "accepted"
    [mail] = server.mails
    assert mail["In-Reply-To"] is None
    assert mail["References"].split() == ["<a0@example.de>", "<a1@example.de>"]
