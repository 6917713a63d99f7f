"""Against a real SMTP server: what is sent is correct, and how it ended is told truly."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from tests.channels.mail.conftest import LOOPBACK
from tests.channels.mail.dovecot import free_port
from tradewind.channels.contract import Account, Outbound, OutboundFile, Sender, SendStatus
from tradewind.channels.mail.account import MailSender
from tradewind.channels.mail.compose import compose
from tradewind.channels.mail.errors import ComposeRefused
from tradewind.channels.mail.event import to_event
from tradewind.channels.mail.parse import parse_mail
from tradewind.channels.mail.smtp import SmtpSettings, check_smtp, send
from tradewind.channels.mail.threads import find_conversation, make_message_id
from tradewind.core.hosts import NO_PRIVATE

OUR_ID = make_message_id("c42", random="abcdefgh", key=b"k", domain="tradewind.example")
NOW = datetime(2026, 9, 26, 10, 0, tzinfo=UTC)


@dataclass
class Sink:
    """A handler that keeps what it gets, or fails where it is told to."""

    # ruff: noqa: N802 - the names of the handler's methods are aiosmtpd's.

    rcpt: str = ""
    data: str = ""
    drop: bool = False
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        if self.drop:
            server.transport.abort()
        return self.data or "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, SmtpSettings]]:
    handler, port = Sink(), free_port()

    def judge(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"good", handled=False)

    controller = Controller(
        handler, "127.0.0.1", port, authenticator=judge, auth_require_tls=False,
        auth_exclude_mechanism=["CRAM-MD5"],
    )  # fmt: skip
    controller.start()
    yield handler, SmtpSettings("127.0.0.1", port, "none", timeout=5, private=LOOPBACK)
    controller.stop()


def reply(**changes) -> Outbound:
    outbound = Outbound(
        text="您好，包裹已寄出。\nDas Paket ist unterwegs 🚚\n.\n.hidden dot",
        conversation_id="c42",
        idempotency_key="k1",
        buyer_address="anna@example.com",
        buyer_name="Anna Müller, Köln",
        subject="Wo ist mein Paket? 包裹",
        reply_to="m1@example.com",
        references=("m0@example.com",),
    )
    return replace(outbound, **changes)


def composed(outbound: Outbound, **more):
    sender = "Tradewind 客服 <service@tradewind.example>"
    return compose(outbound, sender=sender, message_id=OUR_ID, now=NOW, **more)


def test_a_reply_arrives_with_its_words_and_its_thread(sink):
    handler, settings = sink
    receipt = send(settings, composed(reply()))
    assert (receipt.status, receipt.id) == (SendStatus.ACCEPTED, OUR_ID.strip("<>"))

    got = email.message_from_bytes(handler.envelopes[0].content, policy=email.policy.default)
    assert handler.envelopes[0].rcpt_tos == ["anna@example.com"]
    assert got["Subject"] == "Re: Wo ist mein Paket? 包裹"
    assert got["In-Reply-To"] == "<m1@example.com>"
    assert got["References"].split() == ["<m0@example.com>", "<m1@example.com>"]
    assert got["To"].addresses[0].display_name == "Anna Müller, Köln"
    assert got["X-Tradewind-Loop"]
    assert got["Auto-Submitted"] is None
    assert got.get_content().replace("\r\n", "\n").rstrip("\n") == reply().text


def test_our_own_reader_reads_what_we_send(sink):
    handler, settings = sink
    photo = OutboundFile("../发票 2026.pdf", "application/pdf", b"%PDF" * 1000)
    send(settings, composed(reply(attachments=(photo,))))
    mail = parse_mail(handler.envelopes[0].content)
    assert mail.text.strip() == reply().text
    assert (mail.attachments[0].name, mail.attachments[0].data) == ("发票 2026.pdf", photo.data)
    assert mail.sender.name == "Tradewind 客服"
    assert mail.loop
    assert mail.problems == []


def test_automatic_mail_says_that_it_is(sink):
    handler, settings = sink
    send(settings, composed(reply(), automatic=True))
    mail = parse_mail(handler.envelopes[0].content)
    assert mail.header("auto-submitted") == "auto-replied"
    assert mail.header("x-auto-response-suppress") == "All"


def test_long_ids_stay_whole(sink):
    handler, settings = sink
    long_id = "a" * 300 + "@" + "b" * 100 + ".example"
    chain = tuple(f"{'r' * 80}{n}@example.com" for n in range(60))
    send(settings, composed(reply(reply_to=long_id, references=chain)))
    mail = parse_mail(handler.envelopes[0].content)
    assert mail.in_reply_to == long_id
    assert mail.references == [chain[0], *chain[-28:], long_id]
    assert max(map(len, handler.envelopes[0].content.splitlines())) <= 998


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hi\r\nBcc: all@example.com"},
        {"buyer_name": "Anna\nBcc: x@example.com"},
        {"buyer_address": "anna@example.com\r\nBcc: x@example.com"},
        {"buyer_address": "anna@example.com, x@example.com"},
        {"buyer_address": "nobody"},
        {"buyer_address": ""},
        {"subject": "Hi\u2028Bcc: x@example.com"},
    ],
)
def test_no_header_can_be_smuggled_in(change):
    with pytest.raises(ComposeRefused):
        composed(reply(**change))


@pytest.mark.parametrize("bad", ["2024.1@张三-PC", "a@b> <c@d", "x\r\nX-Evil: 1", ""])
def test_an_id_that_no_header_can_hold_is_left_out_and_the_others_stay(bad):
    mail = composed(reply(references=("m0@example.com", bad, "<m1@example.com>")))
    assert mail["In-Reply-To"] == "<m1@example.com>"
    assert mail["References"].split() == ["<m0@example.com>", "<m1@example.com>"]
    assert mail["X-Evil"] is None
    mail = composed(reply(reply_to=bad or "?\x00"))
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<m0@example.com>"
    assert mail["Subject"] == "Re: Wo ist mein Paket? 包裹"
    with pytest.raises(ComposeRefused, match="no Message-ID"):
        compose(reply(), sender="a@shop.example", message_id=bad, now=NOW)


def test_a_domain_in_another_script_is_sent_in_its_wire_form():
    assert "xn--fiqs8s" in str(composed(reply(buyer_address="li@邮件.中国"))["To"])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"rcpt": "550 5.1.1 no such user"}, SendStatus.REFUSED, "550"),
        ({"rcpt": "451 4.7.1 greylisted"}, SendStatus.RETRY, "451"),
        ({"data": "554 5.7.1 spam"}, SendStatus.REFUSED, "554"),
        ({"data": "452 4.2.2 mailbox full"}, SendStatus.RETRY, "452"),
    ],
)
def test_the_servers_answer_decides_between_again_and_never(sink, fault, status, code):
    handler, settings = sink
    for name, value in fault.items():
        setattr(handler, name, value)
    receipt = send(settings, composed(reply()))
    assert (receipt.status, receipt.error_code, receipt.uncertain) == (status, code, False)
    assert next(iter(fault.values()))[4:] in receipt.error_text


def test_a_connection_lost_after_the_mail_is_uncertain(sink):
    handler, settings = sink
    handler.drop = True
    receipt = send(settings, composed(reply()))
    assert (receipt.status, receipt.uncertain) == (SendStatus.RETRY, True)
    assert len(handler.envelopes) == 1


def test_a_server_that_is_away_is_tried_again_without_doubt(sink):
    _, settings = sink
    receipt = send(replace(settings, port=free_port()), composed(reply()))
    assert (receipt.status, receipt.uncertain) == (SendStatus.RETRY, False)
    assert "refuses connections" in receipt.error_text


def test_a_wrong_password_is_refused_and_named(sink):
    _, settings = sink
    receipt = send(replace(settings, user="service", password="bad"), composed(reply()))
    assert (receipt.status, receipt.error_code) == (SendStatus.REFUSED, "login")
    good = replace(settings, user="service", password="good")
    assert send(good, composed(reply())).status is SendStatus.ACCEPTED


def test_checks_name_the_step_that_fails(sink):
    _, settings = sink
    good = replace(settings, user="service", password="good")
    names = [check.name for check in check_smtp(good, sender="service@tradewind.example")]
    assert names == ["dns", "connect", "login", "sender"]
    assert all(check.ok for check in check_smtp(good, sender="service@tradewind.example"))
    last = check_smtp(replace(good, password="bad"))[-1]
    assert (last.name, last.ok) == ("login", False)
    assert not check_smtp(replace(good, tls="ssl"))[-1].ok
    assert not check_smtp(replace(good, tls="starttls"))[-1].ok


def test_a_server_in_a_private_network_is_not_reached_unless_it_is_listed(sink):
    handler, settings = sink
    closed = replace(settings, private=NO_PRIVATE)
    assert [(check.name, check.ok) for check in check_smtp(closed)] == [("dns", False)]
    receipt = send(closed, composed(reply()))
    assert receipt.status is SendStatus.REFUSED
    assert "TRADEWIND_PRIVATE_HOSTS" in receipt.error_text
    assert handler.envelopes == []


def test_an_own_mail_that_comes_back_is_ours(sink, account):
    handler, settings = sink
    send(settings, composed(reply()))
    event = to_event(parse_mail(handler.envelopes[0].content), account=account)
    assert event.fields["direction"] == "out"
    assert event.fields["author_role"] == "seller"


def account_of(settings: SmtpSettings, **config) -> Account:
    return Account(
        id="a1",
        platform="email",
        config={
            "address": "service@tradewind.example", "from_name": "客服, Tradewind",
            "smtp_user": "-",
            "smtp_host": settings.host, "smtp_port": settings.port, "smtp_tls": "none", **config,
        },
        secrets={"thread_key": "new-key"},
    )  # fmt: skip


def test_the_sender_names_itself_and_a_retry_has_the_same_id(sink):
    handler, settings = sink
    account = account_of(settings)
    first, again = (MailSender(LOOPBACK).send(account, reply()) for _ in range(2))
    assert first.status is SendStatus.ACCEPTED
    assert (
        first.id == again.id != MailSender(LOOPBACK).send(account, reply(idempotency_key="k2")).id
    )
    assert find_conversation(first.id, keys=[b"new-key"]) == "c42"
    assert parse_mail(handler.envelopes[0].content).sender.name == "客服, Tradewind"


@pytest.mark.parametrize(
    ("config", "change"),
    [({"address": ""}, {}), ({"from_name": "x\r\nBcc: a@b.de"}, {}), ({}, {"subject": "x\ny"}),
     ({}, {"conversation_id": "no spaces"}), ({}, {"buyer_address": "nobody"})],
)  # fmt: skip
def test_a_reply_that_is_no_mail_is_refused_and_nothing_leaves(sink, config, change):
    handler, settings = sink
    receipt = MailSender(LOOPBACK).send(account_of(settings, **config), reply(**change))
    assert receipt.status is SendStatus.REFUSED
    assert receipt.error_text
    assert handler.envelopes == []


def test_the_contract_of_a_sender_is_kept():
    sender: Sender = MailSender(LOOPBACK)
    assert (sender.platform, sender.max_chars) == ("email", None)
