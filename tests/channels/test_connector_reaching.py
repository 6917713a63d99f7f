"""Where a connector may call, with which token, how it signs, and how it fetches files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.channels.connector_fakes import egress, platform
from tests.channels.test_connector_sending import (
    BEARER,
    CHAT,
    NOW,
    SECRETS,
    TELEGRAM,
    TOKEN,
    chat,
    outbound,
)
from tradewind.channels.connector.authorising import sign
from tradewind.channels.connector.egress import Draft, Egress
from tradewind.channels.connector.fetching import MediaFailed, fetch_media
from tradewind.channels.connector.loading import connectors, load_connector
from tradewind.channels.connector.model import RateRule
from tradewind.channels.connector.sending import DeclaredSender
from tradewind.channels.connector.throttling import Buckets
from tradewind.channels.connector.tokens import MemoryTokens, Token
from tradewind.channels.contract import Account, SendStatus

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference"


def answering(asked: list) -> httpx.MockTransport:
    """A transport that keeps what it is asked and says yes."""
    return httpx.MockTransport(
        lambda request: asked.append(request) or httpx.Response(200, json={"id": 1})
    )


@pytest.mark.parametrize(
    ("host", "addresses", "told"),
    [
        ("shop.example", ["10.0.0.8"], "private network"),
        ("shop.example", ["93.184.216.34", "127.0.0.1"], "private network"),
        ("shop.example", ["169.254.169.254"], "private network"),
        ("shop.example", ["::ffff:127.0.0.1"], "private network"),
        ("user@shop.example", ["93.184.216.34"], "is not a host name"),
        ("shop.example/x", ["93.184.216.34"], "is not a host name"),
    ],
)
def test_a_host_given_by_a_user_cannot_reach_inwards(host, addresses, told):
    asked = []
    transport = answering(asked)
    with httpx.Client(transport=transport) as client:
        way = Egress(client, resolve=lambda _: addresses)
        account = Account("a", "chat", {"host": host}, SECRETS)
        receipt = DeclaredSender(load_connector(CHAT % BEARER), way).send(account, outbound())
    assert (receipt.status, asked) == (SendStatus.REFUSED, [])
    assert told in receipt.error_text


def test_a_public_host_is_called_by_the_address_that_was_checked():
    asked = []
    transport = answering(asked)
    with httpx.Client(transport=transport) as client:
        way = Egress(client, resolve=lambda _: ["93.184.216.34"])
        account = Account("a", "chat", {"host": "shop.example"}, SECRETS)
        receipt = DeclaredSender(load_connector(CHAT % BEARER), way).send(account, outbound())
    assert receipt.status is SendStatus.ACCEPTED
    assert asked[0].url.host == "93.184.216.34"
    assert asked[0].headers["host"] == "shop.example"
    assert asked[0].extensions["sni_hostname"] == "shop.example"


OAUTH = (
    '[auth]\ntype = "oauth2_refresh"\ntoken_url = "https://{account.host}/token"\nclient = "basic"'
)


def oauth_platform(asked):
    if asked.path == "/token":
        sent = parse_qs(asked.body.decode())["refresh_token"][0]
        number = int(sent[1]) + 1
        return 200, {
            "access_token": f"access-{number}",
            "expires_in": 3600,
            "refresh_token": f"r{number}-token",
        }
    return (200, {"id": 1}) if asked.headers["authorization"] == "Bearer access-3" else (401, {})


def test_a_token_is_had_renewed_once_when_refused_and_its_rotation_kept():
    tokens = MemoryTokens()
    receipt, asked = chat(oauth_platform, outbound(), auth=OAUTH, tokens=tokens)
    assert receipt.status is SendStatus.ACCEPTED
    assert [a.path.rsplit("/", 1)[-1] for a in asked] == ["token", "messages", "token", "messages"]
    kept = tokens.find("a", "access")
    assert (kept.access, kept.refresh) == ("access-3", "r3-token")
    receipt, asked = chat(oauth_platform, outbound(), auth=OAUTH, tokens=tokens)
    assert len(asked) == 1


def test_an_expired_token_is_renewed_before_it_is_used():
    tokens = MemoryTokens()
    tokens.save("a", "access", Token("access-2", NOW + timedelta(seconds=30), "r2-token"))
    _, asked = chat(oauth_platform, outbound(), auth=OAUTH, tokens=tokens)
    assert [a.path for a in asked] == ["/token", "/v1/threads/501/messages"]


def test_no_token_is_a_refusal_or_a_retry_without_secrets():
    receipt, _ = chat(lambda _: (400, {"error": "invalid_grant"}), outbound(), auth=OAUTH)
    assert (receipt.status, receipt.error_code) == (SendStatus.REFUSED, "auth")
    receipt, _ = chat(lambda _: (503, b""), outbound(), auth=OAUTH)
    assert receipt.status is SendStatus.RETRY
    assert "csecret" not in receipt.error_text


@pytest.mark.parametrize(
    ("name", "secrets", "draft", "signature"),
    [
        ("tiktok_shop", {"app_secret": "app_secret"},
         Draft("GET", "https://x/test-api", query={"foo": "bar"}),
         "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f"),
        ("tiktok_shop", {"app_secret": "test-tts-app-secret"},
         Draft("POST", "https://x/return_refund/202309/returns/search",
               query={"app_key": "6testkey01", "page_size": "50", "shop_cipher": "ROW_abc",
                      "timestamp": "1790416800"},
               body=b'{"update_time_ge":1790416800}'),
         "0156c51ce612b82ef3086d6ff7f126165261f016bb3e625855e3e5bd223ffa65"),
        ("shopee", {"partner_key": "test-shopee-partner-key"},
         Draft("GET", "https://x/api/v2/returns/get_return_list",
               query={"partner_id": "1006789", "timestamp": "1790416800", "access_token": "tok",
                      "shop_id": "600000123"}),
         "b91f9fb44394cedac4d80bf07a76b8a296ad2a9f4622b51419e6c97735f67d61"),
        ("lazada", {"app_secret": "test-lazada-app-secret"},
         Draft("GET", "https://x/rest/order/get", api_path="/order/get",
               query={"access_token": "tok", "app_key": "123456", "order_id": "260422900198363",
                      "sign_method": "sha256", "timestamp": "1790416800000"}),
         "EA027EE76B2A576D6BB5DD32AA274161A887D0A83E69DD5415F7FCBD88BC4412"),
    ],
)  # fmt: skip
def test_known_request_signatures(name, secrets, draft, signature):
    if not REFERENCE.is_dir():
        pytest.skip("The reference connectors lie in ../shared/reference, which is not here.")
    connector = load_connector(REFERENCE / "connectors" / f"{name}.toml")
    sign(connector.auth.sign, Account("a", name, {}, secrets), draft)
    assert draft.query["sign"] == signature


def telegram_files(asked):
    if urlsplit(asked.path).path.endswith("/getFile"):
        return 200, {"ok": True, "result": {"file_path": "photos/file 1.jpg"}}
    return 200, b"\xff\xd8" + b"x" * 5000, {"Content-Type": "image/jpeg; q=1"}


def test_an_attachment_is_fetched_by_its_steps():
    with platform(telegram_files) as fake, egress() as way:
        account = Account("a", "telegram", {"api_origin": fake.origin}, TELEGRAM)
        media = fetch_media(connectors()["telegram"], account, "AgAC&x=1", way.client, egress=way)
        assert (len(media.data), media.mime) == (5002, "image/jpeg")
        with pytest.raises(MediaFailed, match="larger than 1000 bytes"):
            fetch_media(
                connectors()["telegram"], account, "A", way.client, egress=way, max_bytes=1000
            )
    assert fake.asked[0].path == f"/bot{TOKEN}/getFile?file_id=AgAC%26x%3D1"
    assert fake.asked[1].path == f"/file/bot{TOKEN}/photos/file%201.jpg"


def test_a_file_path_that_climbs_is_refused_without_the_token():
    answer = lambda _: (200, {"result": {"file_path": "../../getMe"}})  # noqa: E731
    with platform(answer) as fake, egress() as way:
        account = Account("a", "telegram", {"api_origin": fake.origin}, TELEGRAM)
        with pytest.raises(MediaFailed) as caught:
            fetch_media(connectors()["telegram"], account, "A", way.client, egress=way)
    assert len(fake.asked) == 1
    assert TOKEN not in str(caught.value)


def test_a_bucket_lets_the_burst_through_and_then_keeps_the_rate():
    clock = [0.0]
    buckets, rule = Buckets(clock=lambda: clock[0]), RateRule(rate=1, per_s=6, burst=2)
    assert [buckets.wait(rule, "chat-1") for _ in range(3)] == [0, 0, 6]
    assert buckets.wait(rule, "chat-2") == 0
    clock[0] = 6.0
    assert [buckets.wait(rule, "chat-1") for _ in range(2)] == [0, 6]
