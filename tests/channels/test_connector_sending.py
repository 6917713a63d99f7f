"""Replies leave as the platform wants them, once, and every answer is understood."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tests.channels.connector_fakes import egress, platform
from tradewind.channels.connector.loading import connectors, load_connector
from tradewind.channels.connector.model import Connector
from tradewind.channels.connector.sending import DeclaredSender, act
from tradewind.channels.contract import Account, Outbound, OutboundFile, SendStatus

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
TELEGRAM = {"bot_token": TOKEN, "secret_token": "tw_secret_01"}
SENT = {"ok": True, "result": {"message_id": 77, "chat": {"id": 501}}}
NOW = datetime(2026, 10, 14, 8, 30, tzinfo=UTC)


def outbound(text: str = "Hello", **more) -> Outbound:
    return Outbound(**{"conversation_id": "501", "idempotency_key": "k1", "text": text, **more})


def send(connector: Connector, answer, out: Outbound, *, secrets=TELEGRAM, config=None, **changes):
    """The receipt, and what the platform was asked."""
    with platform(answer) as fake, egress(now=lambda: NOW, **changes) as way:
        account = Account(
            "a", connector.platform, {"api_origin": fake.origin, **(config or {})}, secrets
        )
        return DeclaredSender(connector, way).send(account, out), fake.asked


def telegram(answer, out: Outbound | None = None, **more):
    return send(connectors()["telegram"], answer, out or outbound(), **more)


NASTY = 'He said "no"\nand \\ {account.id} =1 \u202eRTL שלום مرحبا 😡\u200d🔥 </script> \x07'


def test_a_reply_arrives_as_it_was_written():
    receipt, (asked,) = telegram(lambda _: (200, SENT), outbound(NASTY, reply_to="501:4411"))
    assert receipt.status is SendStatus.ACCEPTED
    assert receipt.id == "501:77"
    assert asked.path == f"/bot{TOKEN}/sendMessage"
    assert asked.json == {
        "chat_id": "501",
        "text": NASTY,
        "reply_parameters": {"message_id": 4411, "allow_sending_without_reply": True},
    }


def test_a_business_chat_is_answered_over_its_connection():
    out = outbound(conversation_id="Qm9zcw:501")
    _, (asked,) = telegram(lambda _: (200, SENT), out)
    assert asked.json == {"chat_id": "501", "business_connection_id": "Qm9zcw", "text": "Hello"}


def test_the_message_id_of_a_reply_is_the_one_its_echo_would_have():
    result = {"message_id": 5, "chat": {"id": 501}, "business_connection_id": "Qm9zcw"}
    receipt, _ = telegram(lambda _: (200, {"ok": True, "result": result}))
    assert receipt.id == "Qm9zcw:501:5"


def test_an_over_long_text_is_refused_before_sending_with_the_limit():
    receipt, asked = telegram(lambda _: (200, SENT), outbound("x" * 4097))
    assert receipt.status is SendStatus.REFUSED
    assert receipt.error_text == "The text has 4097 characters, the platform takes 4096."
    assert asked == []
    assert DeclaredSender(connectors()["telegram"], None).max_chars == 4096


@pytest.mark.parametrize(
    ("out", "code"),
    [
        (outbound("  \n "), "empty"),
        (outbound(attachments=[OutboundFile("a.pdf", "application/pdf", b"x")]), "attachments"),
    ],
)
def test_what_cannot_be_sent_whole_is_not_sent(out, code):
    receipt, asked = telegram(lambda _: (200, SENT), out)
    assert (receipt.status, receipt.error_code, asked) == (SendStatus.REFUSED, code, [])


def test_a_buyer_who_blocked_the_bot_is_told():
    told = "Forbidden: bot was blocked by the user"
    answer = {"ok": False, "error_code": 403, "description": told}
    receipt, _ = telegram(lambda _: (403, answer))
    assert receipt.status is SendStatus.REFUSED
    assert (receipt.error_code, receipt.error_text) == ("403", told)


def test_too_many_requests_say_when_to_come_back():
    answer = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many",
        "parameters": {"retry_after": 17},
    }
    receipt, _ = telegram(lambda _: (429, answer))
    assert (receipt.status, receipt.retry_after) == (SendStatus.RETRY, 17)
    receipt, _ = telegram(lambda _: (429, b"slow down", {"Retry-After": "9"}))
    assert (receipt.status, receipt.retry_after, receipt.uncertain) == (SendStatus.RETRY, 9, False)
    moment = "Wed, 14 Oct 2026 08:31:00 GMT"
    receipt, _ = telegram(lambda _: (429, b"", {"Retry-After": moment}))
    assert receipt.retry_after == 60


@pytest.mark.parametrize(
    ("status", "body", "want", "uncertain"),
    [
        (500, b"", SendStatus.RETRY, True),
        (502, b"<html>", SendStatus.RETRY, True),
        (503, b"", SendStatus.RETRY, False),
        (200, b"<html>welcome to the hotel</html>", SendStatus.RETRY, True),
        (200, {"ok": False, "error_code": 400}, SendStatus.REFUSED, False),
        (302, b"", SendStatus.REFUSED, False),
        (400, {"ok": False, "description": "chat not found"}, SendStatus.REFUSED, False),
    ],
)
def test_only_a_yes_is_accepted(status, body, want, uncertain):
    receipt, asked = telegram(lambda _: (status, body, {"Location": "http://127.0.0.1:9/"}))
    assert (receipt.status, receipt.uncertain) == (want, uncertain)
    assert len(asked) == 1


def test_no_connection_is_a_retry_and_certain():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        account = Account(
            "a", "telegram", {"api_origin": f"http://127.0.0.1:{unused.getsockname()[1]}"}, TELEGRAM
        )
        with egress() as way:
            receipt = DeclaredSender(connectors()["telegram"], way).send(account, outbound())
    assert (receipt.status, receipt.uncertain) == (SendStatus.RETRY, False)
    assert TOKEN not in receipt.error_text


def test_silence_after_the_request_is_uncertain():
    gate = threading.Event()
    receipt, asked = telegram(lambda _: (gate.wait(2), (200, SENT))[1], timeout_s=0.2)
    gate.set()
    assert (receipt.status, receipt.uncertain) == (SendStatus.RETRY, True)
    assert len(asked) == 1


def test_secrets_are_never_told_or_logged(caplog):
    echo = {
        "ok": False,
        "error_code": 404,
        "description": f"no /bot{TOKEN}/x or {TOKEN.replace(':', '%3A')}",
    }
    with caplog.at_level(logging.DEBUG):
        receipt, _ = telegram(lambda _: (404, echo))
    assert TOKEN.split(":")[1] not in receipt.error_text + caplog.text
    assert "no /bot•••/x" in receipt.error_text


def test_a_missing_secret_is_a_refusal_in_words():
    receipt, asked = telegram(lambda _: (200, SENT), secrets={})
    assert (receipt.status, asked) == (SendStatus.REFUSED, [])
    assert "{secret.bot_token} has no value" in receipt.error_text


def test_shopify_takes_no_replies_and_says_so():
    receipt, _ = send(connectors()["shopify"], lambda _: (200, {}), outbound())
    assert (receipt.status, receipt.error_code) == (SendStatus.REFUSED, "no_reply_path")


CHAT = """
format = 1
platform = "chat"
base_url = "https://{account.host}/v1"
secrets = ["key", "client_id", "client_secret", "refresh_token"]
%s
[[reply]]
name = "text"
window = { opens_on = "message.in", hours = 24, max_messages = 2, after = "template" }
method = "POST"
path = "/threads/{conversation.id}/messages"
[reply.json]
text = "=text"
note = "=subject"
key = "=idempotency_uuid"
[reply.result]
id = "id"
error_code = "code"
window_codes = [131047]
retry_codes = [7]
[[reply]]
name = "template"
method = "POST"
path = "/templates"
json = { name = "=template.name" }
result = { id = "id" }
[[action]]
name = "tag"
method = "PUT"
path = "/threads/{conversation.id}/tags"
json = { tags = "=tags" }
"""
BEARER = '[auth]\ntype = "bearer"\ntoken = "secret:key"'
SECRETS = {
    "key": "bearer-key",
    "client_id": "cid",
    "client_secret": "csecret",
    "refresh_token": "r1-token",
}


def chat(answer, out: Outbound, *, auth: str = BEARER, **more):
    return send(
        load_connector(CHAT % auth),
        answer,
        out,
        secrets=SECRETS,
        config={"host": "x.example"},
        **more,
    )


def context(hours: float, **more) -> dict:
    return {"last_inbound_at": (NOW - timedelta(hours=hours)).isoformat(), **more}


def test_null_members_fall_out_and_the_key_stays_the_same_on_a_retry():
    _, (first,) = chat(lambda _: (200, {"id": 5}), outbound())
    _, (again,) = chat(lambda _: (200, {"id": 5}), outbound())
    assert first.headers["authorization"] == "Bearer bearer-key"
    assert set(first.json) == {"text", "key"}
    assert first.json == again.json


def test_a_closed_window_switches_to_the_declared_fallback():
    good = lambda _: (200, {"id": "m"})  # noqa: E731
    assert chat(good, outbound(context=context(23.9)))[1][0].path == "/v1/threads/501/messages"
    receipt, asked = chat(good, outbound(context=context(24.1)))
    assert (receipt.error_code, asked) == ("window_closed", [])
    assert "24 h or 2 messages" in receipt.error_text
    assert "only a template may be sent" in receipt.error_text
    late = outbound(context=context(24.1, template={"name": "hello_again"}))
    receipt, (asked_one,) = chat(good, late)
    assert receipt.status is SendStatus.ACCEPTED
    assert (asked_one.path, asked_one.json) == ("/v1/templates", {"name": "hello_again"})
    many = outbound(context=context(1, sent_since=2))
    assert chat(good, many)[0].error_code == "window_closed"


def test_the_platforms_own_window_and_retry_codes_are_understood():
    receipt, _ = chat(lambda _: (400, {"code": 131047, "message": "Re-engage"}), outbound())
    assert receipt.error_text == "The platform's reply window is closed. Re-engage"
    receipt, _ = chat(lambda _: (400, {"code": 7}), outbound())
    assert receipt.status is SendStatus.RETRY


@pytest.mark.parametrize("bad", ["..", "a/../../admin", "."])
def test_an_id_cannot_lead_out_of_its_path(bad):
    receipt, asked = chat(lambda _: (200, {"id": 1}), outbound(conversation_id=bad))
    assert (receipt.status, asked) == (SendStatus.REFUSED, [])
    _, (one,) = chat(lambda _: (200, {"id": 1}), outbound(conversation_id="a/b?c#d e"))
    assert one.path == "/v1/threads/a%2Fb%3Fc%23d%20e/messages"


def test_an_action_is_performed():
    with platform(lambda _: (200, {})) as fake, egress() as way:
        account = Account("a", "chat", {"host": "x", "api_origin": fake.origin}, SECRETS)
        values = {"conversation": {"id": "9"}, "tags": ["late", "de"]}
        receipt = act(load_connector(CHAT % BEARER), account, "tag", values, way)
        nothing = act(load_connector(CHAT % BEARER), account, "dance", values, way)
    assert receipt.status is SendStatus.ACCEPTED
    assert nothing.error_text == "chat declares no action 'dance'."
    assert (fake.asked[0].method, fake.asked[0].json) == ("PUT", {"tags": ["late", "de"]})
