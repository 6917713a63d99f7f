"""Only the platform's own requests get in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.channels.connector_fakes import egress, platform
from tradewind.channels.connector.check import check
from tradewind.channels.connector.fetched_keys import FetchedKeys
from tradewind.channels.connector.loading import SHIPPED, connectors, load_connector
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, RawRequest

NOW = datetime(2026, 10, 14, 8, 30, tzinfo=UTC)
REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference"


def toml(signature: str, *, extra: str = "", body: str = "json") -> str:
    return f"""
format = 1
platform = "p"
base_url = "https://api.p.example"
secrets = ["key", "token"]
[webhook]
body = "{body}"
signature = {signature}
{extra}
[[webhook.event]]
kind = "message"
[webhook.event.fields]
id = "=body.id"
conversation_id = "=body.id"
"""


def inbound(signature: str, **more) -> DeclaredInbound:
    return DeclaredInbound(load_connector(toml(signature, **more)), now=lambda: NOW)


ACCOUNT = Account("a", "p", {}, {"key": "s3cret-key", "token": "tok-1234"})
BODY = b'{"id":"1"}'
HMAC = '{ scheme = "hmac", key = "key", parts = ["body"], from = "header:X-Sign" }'


def signed(body: bytes = BODY, key: str = "s3cret-key") -> RawRequest:
    digest = hmac.digest(key.encode(), body, "sha256").hex()
    return RawRequest("POST", "https://d.example/hooks/1", {"x-sign": digest}, body)


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.meta.json")), ids=lambda p: p.stem)
def test_every_shipped_case_verifies_refuses_and_maps_as_it_says(path):
    (result,) = check([path])
    assert result.is_ok, "\n".join(result.faults)
    assert result.warnings == []
    assert result.checks >= 2 or "poll" in path.name


def test_every_reference_case_that_needs_no_hook_verifies_and_maps():
    if not REFERENCE.is_dir():
        pytest.skip("The reference payloads lie in ../shared/reference, which is not here.")
    results = check([REFERENCE / "payloads", REFERENCE / "connectors"])
    assert [fault for result in results for fault in result.faults] == []
    skipped = sorted(result.path.parent.name for result in results if result.skipped)
    assert skipped == ["amazon_sp", "salesmartly"]
    assert len(results) == 35 + 23


def test_a_former_secret_is_good_while_it_is_kept():
    way = inbound(HMAC)
    old = signed(key="former-key")
    assert not way.verify(ACCOUNT, old).ok
    rotated = replace(ACCOUNT, secrets={**ACCOUNT.secrets, "key.previous": "former-key"})
    assert way.verify(rotated, old).ok
    assert way.verify(rotated, signed()).ok
    assert not way.verify(rotated, signed(key="another")).ok


def test_hex_may_be_written_in_capitals_but_must_be_hex():
    way = inbound(HMAC)
    good = signed()
    upper = replace(good, headers={"x-sign": good.headers["x-sign"].upper()})
    assert way.verify(ACCOUNT, upper).ok
    for value in ("zz", "ü" * 64, good.headers["x-sign"][:-2], "\x00", " ", "a b"):
        verdict = way.verify(ACCOUNT, replace(good, headers={"x-sign": value}))
        assert not verdict.ok
        assert verdict.status == 401


def test_an_unsigned_platform_is_never_taken_over_http():
    verdict = inbound('{ scheme = "none" }').verify(ACCOUNT, signed())
    assert not verdict.ok
    assert "does not sign" in verdict.reason


def test_an_account_without_the_secret_is_refused_with_its_name():
    verdict = inbound(HMAC).verify(Account("a", "p"), signed())
    assert verdict.reason == "The request is refused: the account has no secret 'key'."


def test_a_connector_without_signature_takes_nothing():
    way = DeclaredInbound(load_connector('format = 1\nplatform = "p"\n[webhook]\n'))
    assert not way.verify(ACCOUNT, signed()).ok


def test_a_timestamp_is_signed_and_fresh():
    rule = (
        '{ scheme = "hmac", key = "key", parts = ["header:X-Time", "body"], join = ".",'
        ' from = "header:X-Sign", timestamp = { from = "header:X-Time", unit = "ms",'
        " window_s = 300 } }"
    )
    way = inbound(rule)

    def at(moment: datetime) -> RawRequest:
        stamp = str(int(moment.timestamp() * 1000))
        digest = hmac.digest(b"s3cret-key", stamp.encode() + b"." + BODY, "sha256").hex()
        return replace(signed(), headers={"x-time": stamp, "x-sign": digest})

    assert way.verify(ACCOUNT, at(NOW)).ok
    assert way.verify(ACCOUNT, at(NOW - timedelta(seconds=299))).ok
    for away in (-301, 301):
        assert "s away" in way.verify(ACCOUNT, at(NOW + timedelta(seconds=away))).reason
    broken = at(NOW)
    for stamp in ("", "soon", "9" * 400, "-1", "nan", "1e999"):
        changed = replace(broken, headers={**broken.headers, "x-time": stamp})
        assert not way.verify(ACCOUNT, changed).ok


def test_a_query_signature_over_sorted_parts_is_checked():
    rule = (
        '{ scheme = "hash", hash = "sha1", parts = ["secret:token", "query:timestamp",'
        ' "query:nonce"], sort_parts = true, from = "query:signature" }'
    )
    way = inbound(rule)
    text = "".join(sorted(["tok-1234", "1411443780", "437374425"]))
    query = {"timestamp": "1411443780", "nonce": "437374425"}
    query["signature"] = hashlib.sha1(text.encode()).hexdigest()
    request = RawRequest("POST", "https://d.example/h", {}, BODY, query)
    assert way.verify(ACCOUNT, request).ok
    assert not way.verify(ACCOUNT, replace(request, query={**query, "nonce": "4"})).ok


def test_the_registered_address_is_what_counts_behind_a_proxy():
    rule = (
        '{ scheme = "hmac", key = "key", parts = ["url", "body"], join = "|",'
        ' from = "header:X-Sign" }'
    )
    outer = "https://desk.example/hooks/1"
    digest = hmac.digest(b"s3cret-key", outer.encode() + b"|" + BODY, "sha256").hex()
    request = RawRequest("POST", "http://10.0.0.1:8000/hooks/1", {"x-sign": digest}, BODY)
    way = inbound(rule)
    assert not way.verify(ACCOUNT, request).ok
    assert way.verify(replace(ACCOUNT, config={"callback_url": outer}), request).ok


CHALLENGE = (
    'challenge = { method = "GET", when = "query.mode == \'subscribe\'",'
    ' check = "query.token == secret.token", reply = "query.challenge" }'
)


def test_a_challenge_is_answered_only_for_the_agreed_token():
    way = inbound(HMAC, extra=CHALLENGE)
    query = {"mode": "subscribe", "token": "tok-1234", "challenge": "4711"}
    request = RawRequest("GET", "https://d.example/h", {}, b"", query)
    assert way.is_challenge(ACCOUNT, request)
    assert way.verify(ACCOUNT, request).ok
    assert way.answer(ACCOUNT, request).body == "4711"
    assert way.parse(ACCOUNT, request) == []
    wrong = replace(request, query={**query, "token": "tok-12345"})
    assert not way.verify(ACCOUNT, wrong).ok
    nobody = replace(request, query={**query, "token": ""})
    assert not way.verify(Account("a", "p"), nobody).ok
    assert not way.verify(ACCOUNT, replace(request, method="POST", body=BODY)).ok


def test_an_unsigned_ping_is_answered_and_holds_nothing():
    way = inbound(HMAC, extra='accept_unsigned_ping = "form field webhook_id"')
    ping = RawRequest("POST", "https://d.example/h", {}, b"webhook_id=12")
    assert way.verify(ACCOUNT, ping).ok
    assert way.parse(ACCOUNT, ping) == []
    for body in (b"webhook_id=12&order=1", b"order=1", b'{"webhook_id":12}'):
        assert not way.verify(ACCOUNT, replace(ping, body=body)).ok


EBAY_KEY = (
    "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKgViYkSetfpR2ysci3QJKIRu4+wPXJGo"
    "2F2/iViD6gycd9IArYupSLzQ4wsfFS0IuaKAzyYeqNMiSEg9ayfInw==-----END PUBLIC KEY-----"
)


def test_public_keys_are_fetched_once_and_forged_ids_do_not_make_us_call_again():
    text = toml(
        '{ scheme = "ecdsa_kid", from = "header:X-Sign", key_url = "/keys/{kid}",'
        " key_cache_s = 60 }"
    )
    connector = load_connector(text)
    account_key = {"key": EBAY_KEY, "digest": "SHA1"}
    with platform(lambda a: (200, account_key) if "good" in a.path else (404, {})) as fake:
        account = Account("a", "p", {"api_origin": fake.origin})
        with egress() as out:
            way = DeclaredInbound(connector, keys=FetchedKeys(connector, out))
            for kid in ("good", "good", "forged", "forged", "../../secrets"):
                ticket = {"kid": kid, "signature": base64.b64encode(b"nonsense").decode()}
                header = base64.b64encode(json.dumps(ticket).encode()).decode()
                request = RawRequest("POST", "https://d/h", {"x-sign": header}, BODY)
                assert not way.verify(account, request).ok
    assert [asked.path for asked in fake.asked] == ["/keys/good", "/keys/forged"]


def test_a_redelivery_has_the_same_key_and_another_topic_another():
    way = DeclaredInbound(connectors()["shopify"])
    headers = {"x-shopify-event-id": "e1", "x-shopify-topic": "orders/updated"}
    request = RawRequest("POST", "https://d/h", headers, b'{"id":1}')
    key = way.dedupe_key(ACCOUNT, request)
    assert key == way.dedupe_key(ACCOUNT, request)
    other = replace(request, headers={**headers, "x-shopify-topic": "refunds/create"})
    assert key != way.dedupe_key(ACCOUNT, other)


def test_without_a_key_of_the_platform_the_body_is_the_key():
    way = DeclaredInbound(connectors()["telegram"])
    for body in (b"{}", b"not json", b"\xff", b""):
        request = RawRequest("POST", "https://d/h", {}, body)
        assert way.dedupe_key(ACCOUNT, request) == "sha256:" + hashlib.sha256(body).hexdigest()
