"""POST /triage: what `tradewind triage` does, for a list."""

from __future__ import annotations

import orjson
import pytest

from tradewind.api import triage
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message
from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.stream import triage_stream

ITEMS = [
    {"id": "a", "text": "Where is my parcel 1Z999AA10123456784?", "site": "DE"},
    {"id": 2, "text": ""},
    {"id": 3},
    {"text": "Ich will mein Geld zurück!", "subject": "Bestellung"},
    "nothing",
    {"id": "nul", "text": "a\x00b \u202e\u200b"},
]


def test_a_list_is_read_as_the_command_line_reads_it(program):
    lines = triage_stream((orjson.dumps(i) for i in ITEMS), reader=default_cascade())
    assert program.post("/triage", ITEMS).json() == [orjson.loads(line) for line in lines]


def test_a_bad_item_leaves_the_others_their_readings(program):
    answers = program.post("/triage", ITEMS).json()
    assert [("error" in a) for a in answers] == [False, False, True, False, True, False]
    assert answers[2]["id"] == 3


def test_one_text_is_a_list_of_one(program):
    [answer] = program.post("/triage", {"id": 7, "text": "Thanks, great shop!"}).json()
    assert answer["id"] == 7


def test_half_an_emoji_is_a_text_all_the_same(program):
    [answer] = program.post("/triage", b'[{"id": 1, "text": "where is it \\ud83d"}]').json()
    assert answer["intent"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff", 400), (b"[]", 422), (b"[" * 50_000 + b"\\u", 400),
        (b"[" + b"1," * 1000 + b"1]", 422), (b'"' + b"x" * 8_400_000 + b'"', 413),
    ],
)  # fmt: skip
def test_a_body_that_is_no_list_is_refused(program, body, status):
    answer = program.post("/triage", body)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_nothing_is_kept(program, cast):
    program.post("/triage", ITEMS)
    with in_workspace(cast.workspace.pk):
        assert not Message.objects.exists()


def test_a_token_that_reads_too_much_is_asked_to_wait(program, monkeypatch):
    monkeypatch.setattr(triage, "_TEXTS", triage.Allowance(rate=1, burst=3))
    first = program.post("/triage", [{"text": "a"}] * 2)
    assert first["RateLimit-Limit"] == "3"
    assert first["RateLimit-Remaining"] == "1"
    second = program.post("/triage", [{"text": "a"}] * 3)
    assert second.status_code == 429
    assert second["Content-Type"] == "application/problem+json"
    assert 1 <= int(second["Retry-After"]) <= 2
