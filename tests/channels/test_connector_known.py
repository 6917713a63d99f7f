"""Known answers: what the vendors and the reference computed, computed again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.channels.test_connector_verifying import REFERENCE, inbound
from tradewind.channels.connector.loading import load_connector
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, RawRequest


@pytest.mark.parametrize(
    ("platform_name", "secrets", "config", "query", "answer"),
    [
        (
            "ebay",
            {"verification_token": "tradewind-ebay-verification-token-0001"},
            {"endpoint_url": "https://desk.tradewind.example/hooks/ebay/a1"},
            {"challenge_code": "71745723-d031-455c-bfa5-f90d11b4f20a"},
            {
                "challengeResponse": "9957fdc67a9843dfd1aa5b5f96663379"
                "42b150fa6c59e6bb40bed9566c6c89d9"
            },
        ),
        (
            "x",
            {"consumer_secret": "test-x-consumer-secret"},
            {},
            {"crc_token": "MGQ1ODQ2"},
            {"response_token": "sha256=NhqRfiyALNazyoMJkFSnPxtpXlJGo+bFH7gIXLxnKNU="},
        ),
    ],
)
def test_known_challenge_answers(platform_name, secrets, config, query, answer):
    if not REFERENCE.is_dir():
        pytest.skip("The reference connectors lie in ../shared/reference, which is not here.")
    way = DeclaredInbound(load_connector(REFERENCE / "connectors" / f"{platform_name}.toml"))
    account = Account("a", platform_name, config, secrets)
    request = RawRequest("GET", "https://d.example/h", {}, b"", query)
    assert way.verify(account, request).ok
    assert json.loads(way.answer(account, request).body) == answer


def test_twilios_own_example_verifies():
    rule = (
        '{ scheme = "hmac", hash = "sha1", key = "token", parts = ["url", "form_sorted"],'
        ' encoding = "base64", from = "header:X-Twilio-Signature" }'
    )
    way = inbound(rule, body="form")
    body = (
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234"
        b"&From=%2B14158675309&To=%2B18005551212"
    )
    headers = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    account = Account("a", "p", {}, {"token": "12345"})
    request = RawRequest("POST", url, headers, body)
    assert way.verify(account, request).ok
    assert not way.verify(account, replace(request, url=url + "3")).ok


def test_17tracks_own_example_verifies():
    rule = '{ scheme = "hash", parts = ["body", "literal:/", "secret:key"], from = "header:sign" }'
    body = (
        b'{"event":"TRACKING_UPDATED","data":{"number":"RR123456789CN","carrier":3011,"tag":null}}'
    )
    headers = {"sign": "45acb4a6f4a194a6ac1f0f712182c4e314b1ae9399941ea086987408f3166994"}
    account = Account("a", "p", {}, {"key": "123456ABCDEF"})
    assert inbound(rule).verify(account, RawRequest("POST", "https://d/h", headers, body)).ok


def test_wechats_known_address_check_verifies():
    rule = (
        '{ scheme = "hash", hash = "sha1", parts = ["secret:token", "query:timestamp",'
        ' "query:nonce", "query:echostr"], sort_parts = true, from = "query:msg_signature" }'
    )
    query = {
        "timestamp": "1411443780",
        "nonce": "437374425",
        "echostr": "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv"
        "41n7hOchLF6p+Q==",
        "msg_signature": "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
    }
    account = Account("a", "p", {}, {"token": "123456"})
    assert inbound(rule).verify(account, RawRequest("GET", "https://d/h", {}, b"", query)).ok
