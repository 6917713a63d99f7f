"""``tradewind connector check`` tells what differs, and its exit status says whether."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path

import pytest

from tests.channels.test_connector_loading import GOOD
from tradewind.channels.connector.check import main

SECRET = "a-sellers-own-secret"


@pytest.fixture
def case(tmp_path: Path):
    """Write a case beside a seller's own connector; give its meta path."""

    def write(body: bytes, **changes) -> Path:
        (tmp_path / "lamp.toml").write_text(GOOD)
        (tmp_path / "one.json").write_bytes(body)
        sign = hmac.digest(SECRET.encode(), body, "sha256").hex()
        meta = {
            "platform": "lamp_shop",
            "transport": "webhook",
            "body_file": "one.json",
            "connector": "lamp.toml",
            "request": {
                "method": "POST",
                "url": "https://d.example/h",
                "headers": {"X-Sign": sign},
            },
            "test_secrets": {"key": SECRET},
            "expect": [{"kind": "message", "id": "7", "direction": "in"}],
        }
        path = tmp_path / "one.meta.json"
        path.write_text(json.dumps({**meta, **changes}))
        return path

    return write


MESSAGE = {"id": 7, "messages": [{"id": 7, "thread": "t", "kind": "text", "word": "a"}]}
BODY = json.dumps(MESSAGE).encode()


def test_a_good_case_passes_and_counts_its_checks(case, capsys):
    assert main([str(case(BODY))]) == 0
    out = capsys.readouterr().out
    assert "ok" in out
    assert "0 with differences" in out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"expect": [{"kind": "message", "id": "8"}]},
            'event 1 (message): id: wanted "8", got "7"',
        ),
        ({"expect": [{"kind": "order"}]}, "event 1 (order): is not there; events left: message"),
        ({"expect": []}, "wanted no events, got 1: message"),
        ({"expect": [{"kind": "message"}, {"kind": "message"}]}, "event 2 (message): is not there"),
        ({"test_secrets": {"key": "wrong"}}, "the signature was refused"),
        ({"test_secrets": {}}, "the account has no secret 'key'"),
        ({"expect_refused": True}, "the request was accepted, wanted a refusal"),
        ({"expect_error": "no id"}, "wanted the error 'no id', got 1 events"),
        ({"body_file": "two.json"}, "body_file 'two.json' is not beside"),
        ({"connector": "gone.toml"}, "gone.toml: cannot be read"),
        ({"request": 7}, "request: got 7, wants an object"),
    ],
)
def test_a_difference_is_readable_and_fails(case, capsys, changes, told):
    assert main([str(case(BODY, **changes))]) == 1
    assert told in capsys.readouterr().out


def test_an_unknown_platform_says_where_to_put_its_file(tmp_path, capsys):
    (tmp_path / "one.json").write_text("{}")
    meta = {"platform": "nobody", "body_file": "one.json", "expect": []}
    (tmp_path / "one.meta.json").write_text(json.dumps(meta))
    assert main([str(tmp_path)]) == 1
    assert "put nobody.toml beside the case; shipped: shopify, telegram" in capsys.readouterr().out


def test_a_connector_with_a_fault_fails_by_file_and_in_its_folder(tmp_path, capsys):
    (tmp_path / "lamp.toml").write_text(GOOD.replace("format = 1", "format = 3"))
    assert main([str(tmp_path / "lamp.toml")]) == main([str(tmp_path)]) == 1
    assert "lamp.toml: format: got 3, wants 1" in capsys.readouterr().out


def test_nothing_to_check_is_no_success(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert main([str(tmp_path / "gone")]) == 1
    assert main([]) == 1
    assert "holds no *.meta.json case" in capsys.readouterr().out


def test_a_shipped_platform_is_checked_on_a_sellers_own_bodies(tmp_path, capsys):
    body = b'{"id":1,"name":"#1","currency":"EUR","total_price":"1.00"}'
    sign = base64.b64encode(hmac.digest(b"s", body, "sha256")).decode()
    headers = {"X-Shopify-Topic": "orders/paid", "X-Shopify-Hmac-SHA256": sign}
    meta = {
        "platform": "shopify",
        "body_file": "paid.json",
        "request": {"method": "POST", "url": "https://d/h", "headers": headers},
        "test_secrets": {"client_secret": "s"},
        "expect": [{"kind": "order", "id": "1", "total": "1.00"}],
    }
    (tmp_path / "paid.json").write_bytes(body)
    (tmp_path / "paid.meta.json").write_text(json.dumps(meta))
    assert main([str(tmp_path)]) == 0
