from __future__ import annotations

import io
import json
import logging
import warnings

import pytest
import structlog

from tradewind.core import logs
from tradewind.core.redaction import redact_text


@pytest.fixture
def lines(request):
    kept = logging.getLogger().handlers[:], logging.getLogger().level
    out = io.StringIO()
    logs.set_up(level="info", form="json", stream=out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logging.captureWarnings(capture=False)
    logging.getLogger().handlers[:], level = kept
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abcdef0123456789",
        "https://api.telegram.org/bot123456789:AAE-abcdefghijklmnopqrstuvwxyz012345/getMe",
        "postgresql://me:hunter22@db/shop",
        "GET /hooks?hmac=0123abcd&shop=x",
        "token=shpat_0123456789abcdef",
        "password=hunter22",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef",
        "jane.doe+shop@example.co.uk wrote",
        "call +49 170 1234567",
        "call (555) 123-4567",
        "电话13912345678",
    ],
)
def test_what_looks_like_a_secret_or_a_person_is_taken_out(secret):
    shown = redact_text(secret)
    for part in ("abcdef", "AAE-", "hunter22", "0123abcd", "jane", "1234567", "4567", "12345678"):
        assert part not in shown


@pytest.mark.parametrize(
    "harmless",
    [
        "order 302-8868176-2219830 stored",
        "took 0.123 s",
        "2026-11-22T07:14:47.123456Z",
        "1Z999AA10123456784",
    ],
)
def test_what_is_neither_stays(harmless):
    assert redact_text(harmless) == harmless


def test_members_are_hidden_by_their_name_at_any_depth(lines):
    structlog.get_logger("t").info(
        "sent", api_key="k1", nested={"password": "p2", "n": [{"secret": "s3"}]}, channel=4
    )
    (line,) = lines()
    assert line["channel"] == 4
    assert not {"k1", "p2", "s3"} & set(str(line).replace("'", " ").split())


def test_a_line_of_the_standard_library_is_cleaned_and_keeps_its_sentence(lines):
    logging.getLogger("lib").warning("mail from %s failed", "jane@example.com")
    (line,) = lines()
    assert line["event"] == "mail from [mail] failed"
    assert line["level"] == "warning"
    assert line["logger"] == "lib"


def test_a_traceback_is_logged_without_what_it_would_give_away(lines):
    try:
        raise ValueError("login of jane@example.com with password=hunter22")
    except ValueError:
        structlog.get_logger("t").exception("failed")
    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "hunter22" not in str(line)
    assert "jane" not in str(line)


def test_warnings_become_lines(lines):
    warnings.warn("this will go away", UserWarning, stacklevel=1)
    assert any("this will go away" in line["event"] for line in lines())


def test_less_than_the_level_is_left_out(lines):
    structlog.get_logger("t").debug("detail")
    logging.getLogger("lib").debug("detail")
    assert lines() == []
