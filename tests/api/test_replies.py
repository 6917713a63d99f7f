"""Answers that programs write: safe once, sent once, refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, Message, Outgoing
from tradewind.journey import reply

KEY = {"Idempotency-Key": "order-4711"}


@pytest.fixture
def replies(conversation) -> str:
    return f"/conversations/{conversation.id}/replies"


def sent_rows(cast: Any) -> int:
    with in_workspace(cast.workspace.pk):
        return Outgoing.objects.count()


def test_a_reply_is_queued_sent_and_its_state_told(program, cast, replies):
    answer = program.post(replies, {"text": "It is on its way.", "then": "pending"})
    assert answer.status_code == 202
    assert answer.json()["state"] == "queued"
    with in_workspace(cast.workspace.pk):
        assert reply.send_due() == 1
    told = program.get(answer["Location"].removeprefix("/api/v1")).json()
    assert (told["id"], told["text"]) == (answer.json()["id"], "It is on its way.")
    assert told["delivery"]["state"] == "accepted"
    assert told["delivery"]["accepted_at"]
    assert told["reading"] is None


def test_the_same_key_with_the_same_reply_writes_one(program, cast, replies):
    answers = [program.post(replies, {"text": "Sorry!"}, **KEY) for _ in range(3)]
    assert {a.status_code for a in answers} == {202}
    assert len({a.content for a in answers}) == 1
    assert sent_rows(cast) == 1


def test_the_same_key_still_answers_when_the_buyer_has_written_since(
    program, cast, channel, replies, conversation
):
    form = {"text": "Sorry!", "base_message": conversation.message}
    first = program.post(replies, form, **KEY)
    with in_workspace(cast.workspace.pk):
        arrive(channel, api_item("m2", "Hello??", order="A-77"))
    assert program.post(replies, form, **KEY).json()["id"] == first.json()["id"]
    assert program.post(replies, form).status_code == 409


def test_the_same_key_with_another_reply_is_refused(program, cast, replies):
    program.post(replies, {"text": "Sorry!"}, **KEY)
    answer = program.post(replies, {"text": "Not sorry!"}, **KEY)
    assert answer.status_code == 409
    assert "key" in answer.json()["detail"]
    assert sent_rows(cast) == 1


def test_one_sellers_key_is_not_anothers(program, strangers_program, cast, replies):
    program.post(replies, {"text": "Sorry!"}, **KEY)
    with in_workspace(cast.other.pk):
        theirs = Channel.objects.create(key="ch_their", platform="api", name="API", state="live")
        arrive(theirs, api_item("t1"))
        path = f"/conversations/{Conversation.objects.get().pk}/replies"
    assert strangers_program.post(path, {"text": "Sorry!"}, **KEY).status_code == 202


WRONG: list[tuple[Any, int]] = [
    ({}, 422), ({"text": ""}, 422), ({"text": "  \n "}, 422), ({"text": "a\x00b"}, 422),
    ({"text": 7}, 422), ({"text": None}, 422), ({"text": "x" * 50_001}, 422),
    ({"text": "Hi", "attachments": [1]}, 422), ({"text": "Hi", "then": "open"}, 422),
    ({"text": "Hi", "base_message": "new"}, 422), ({"text": "Hi {name}"}, 422), ([], 422),
    (b"{", 400), (b'{"text": "\\ud800"}', 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400),
    (b'{"text": "' + b"x" * 9_000_000 + b'"}', 413),
]  # fmt: skip


def test_a_reply_that_is_wrong_is_told_so_and_not_kept(program, cast, replies):
    for body, status in WRONG:
        answer = program.post(replies, body)
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert sent_rows(cast) == 0


@pytest.mark.parametrize("key", ["a" * 101, "a b", "ключ".encode().decode("latin-1")])
def test_a_key_that_is_none_is_refused(program, cast, replies, key):
    answer = program.post(replies, {"text": "Sorry!"}, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert sent_rows(cast) == 0


def test_a_conversation_without_a_way_out_says_so(program, cast):
    with in_workspace(cast.workspace.pk):
        lost = Channel.objects.create(key="ch_lost", platform="gone", name="Gone", state="live")
        conversation = Conversation.objects.create(channel=lost, platform="gone")
    answer = program.post(f"/conversations/{conversation.pk}/replies", {"text": "Hello"})
    assert answer.status_code == 422
    assert answer.json()["findings"] == ["channel"]
    with in_workspace(cast.workspace.pk):
        assert not Message.objects.exists()
