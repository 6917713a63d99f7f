"""Tokens that platforms renew: sealed, seen by every process, void when connected anew."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from tests.channels.connector_fakes import platform
from tradewind.channels.connector.authorising import with_token
from tradewind.channels.connector.loading import load_connector
from tradewind.channels.connector.tokens import Token
from tradewind.channels.models import Channel
from tradewind.channels.sealing import account_of, set_secrets
from tradewind.channels.sending import egress
from tradewind.channels.tokens import DatabaseTokens

LATER = datetime(2027, 1, 1, tzinfo=UTC)
SHOP = """
format = 1
platform = "lamp_shop"
base_url = "https://api.lamp.example"
secrets = ["client_id", "client_secret", "refresh_token"]
[auth]
type = "oauth2_refresh"
token_url = "https://api.lamp.example/token"
[[reply]]
name = "text"
method = "POST"
path = "/x"
json = { text = "=text" }
"""


@pytest.fixture
def channel(in_alices):
    row = Channel(key="ch_oauth", platform="lamp_shop", name="Lamps", state="live")
    given = {"client_id": "me", "client_secret": "hush", "refresh_token": "first"}
    set_secrets(row, given)
    row.save()
    return row


def test_a_token_is_found_again_and_cannot_be_read_in_the_table(channel):
    DatabaseTokens().save(channel.key, "access", Token("a-token", LATER, "second"))
    assert DatabaseTokens().find(channel.key, "access") == Token("a-token", LATER, "second")
    assert DatabaseTokens().find(channel.key, "app") is None
    assert DatabaseTokens().find("ch_unknown", "access") is None
    channel.refresh_from_db()
    assert b"a-token" not in bytes(channel.tokens)


def test_connecting_anew_voids_it_other_secrets_do_not(channel):
    DatabaseTokens().save(channel.key, "access", Token("a-token", LATER, "second"))
    set_secrets(channel, {"webhook_secret": "other"}, keep_former=True)
    channel.save(update_fields=["secrets"])
    assert DatabaseTokens().find(channel.key, "access") is not None
    set_secrets(channel, {"refresh_token": "anew"}, keep_former=True)
    channel.save(update_fields=["secrets"])
    assert DatabaseTokens().find(channel.key, "access") is None


def test_another_workspace_does_not_see_it(channel, cast):
    from tradewind.identity.scope import in_workspace

    DatabaseTokens().save(channel.key, "access", Token("a-token", LATER))
    with in_workspace(cast.other.pk):
        assert DatabaseTokens().find(channel.key, "access") is None


def test_a_rotated_refresh_token_is_the_one_used_next_time(channel):
    used = []

    def answer(asked):
        used.append(parse_qs(asked.body.decode())["refresh_token"][0])
        number = len(used)
        return 200, {
            "access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 600,
        }  # fmt: skip

    connector = load_connector(SHOP)
    with platform(answer) as api:
        account = replace(account_of(channel), config={"api_origin": api.origin})
        assert with_token(connector, account, egress()).secrets["access_token"] == "a1"
        assert with_token(connector, account, egress()).secrets["access_token"] == "a1"
        later = replace(egress(), now=lambda: datetime.now(UTC) + timedelta(hours=1))
        assert with_token(connector, account, later).secrets["access_token"] == "a2"
    assert used == ["first", "r1"]


def test_one_refresher_at_a_time(in_alices):
    order, entered = [], threading.Event()

    def second() -> None:
        entered.wait(5)
        with DatabaseTokens().exclusive("ch_oauth"):
            order.append("second")

    waiting = threading.Thread(target=second)
    waiting.start()
    with DatabaseTokens().exclusive("ch_oauth"):
        entered.set()
        with DatabaseTokens().exclusive("ch_other"):
            waiting.join(0.3)
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]
