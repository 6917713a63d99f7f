"""Conversations out: the list and its filters, pages that hold still, one with its messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Program
from tests.journey_helpers import api_item, arrive
from tradewind.api import conversations as resource
from tradewind.channels.models import Channel
from tradewind.identity.models import AuditEntry
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Attachment, Conversation, Message, Note
from tradewind.inbox.storage import file_store

START = datetime(2026, 10, 1, tzinfo=UTC)
READING = {
    "language", "intent", "confidence", "also", "complaint", "emotion", "threats", "urgency",
    "entities", "evidence", "model",
}  # fmt: skip


@pytest.fixture
def many(cast, channel) -> Any:
    """Adds conversations, each newer than the one before."""
    made = 0

    def add(count: int) -> None:
        nonlocal made
        items = []
        for number in range(made, made + count):
            sent_at = (START + timedelta(minutes=number // 2)).isoformat()
            items.append(api_item(f"m{number}", conversation=f"c{number}", sent_at=sent_at))
        made += count
        with in_workspace(cast.workspace.pk):
            arrive(channel, *items)

    return add


def pages(program: Program, query: str, between: Any = lambda: None) -> list[int]:
    ids, cursor = [], ""
    while True:
        page = program.get(f"/conversations?{query}&cursor={cursor}").json()
        ids += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return ids
        cursor = page["next"]
        between()


def test_the_newest_stand_first(program, many):
    many(7)
    times = [c["last_message_at"] for c in program.get("/conversations").json()["items"]]
    assert len(times) == 7
    assert times == sorted(times, reverse=True)


def test_pages_hold_everything_once_while_more_arrives(program, many):
    many(11)
    before = pages(program, "limit=50")
    while_inserting = pages(program, "limit=3", between=lambda: many(2))
    assert while_inserting == before
    assert len(set(before)) == 11


def test_the_filters_narrow(program, cast, channel, conversation):
    with in_workspace(cast.workspace.pk):
        arrive(channel, api_item("x", "Wo bleibt mein Paket? Ich warte seit drei Wochen!"))
        other = Conversation.objects.exclude(pk=conversation.id)
        assert other.count() in (0, 1)
    found = {
        query: len(program.get(f"/conversations?{query}").json()["items"])
        for query in (
            "state=resolved", "state=open&state=pending", "platform=email", "platform=api",
            f"channel={channel.pk}", "language=xx", "intent=logistics", "intent=presale",
            "assignee=none", "updated_since=2999-01-01T00:00:00Z",
            "updated_since=2000-01-01T00:00:00Z", "order=nothing", "q=zzzzzz", "store=1",
        )
    }  # fmt: skip
    everything = found["platform=api"]
    assert everything >= 1
    narrow = ["state=resolved", "platform=email", "language=xx", "intent=presale", "store=1",
              "updated_since=2999-01-01T00:00:00Z", "order=nothing", "q=zzzzzz"]  # fmt: skip
    assert [found[query] for query in narrow] == [0] * len(narrow)
    assert found["intent=logistics"] >= 1
    assert found[f"channel={channel.pk}"] == everything
    assert found["updated_since=2000-01-01T00:00:00Z"] == everything


WRONG_QUERIES = [
    "limit=0", "limit=201", "limit=x", "cursor=x", "cursor=%00", "q=%00", "cursor=MjAyNg",
    "state=closed", "store=x", "store=99999999999999999999999", "assignee=me", "colour=red",
    "updated_since=yesterday", "updated_since=2026-01-01T00:00:00", "q=" + "a" * 201,
    "language=" + "a" * 13, "cursor=" + "A" * 201, "cursor=%FF%FE",
]  # fmt: skip


def test_a_query_that_is_wrong_is_told_so(program, conversation):
    for query in WRONG_QUERIES:
        answer = program.get(f"/conversations?{query}")
        assert answer.status_code == 422, query
        assert answer["Content-Type"] == "application/problem+json"
        assert "wanted" in answer.json()["detail"]


def test_a_conversation_comes_with_its_messages_and_their_readings(program, conversation):
    told = program.get(f"/conversations/{conversation.id}").json()
    [message] = told["messages"]
    assert message["text"].startswith("My parcel")
    assert message["reading"].keys() >= READING
    assert message["reading"]["entities"]["tracking_ids"] == ["1Z999AA10123456784"]
    first = message["reading"]["evidence"][0]
    assert message["text"][first["start"] : first["end"]]
    assert told["earlier"] is None


def test_a_long_conversation_comes_in_parts(program, cast, conversation, monkeypatch):
    monkeypatch.setattr(resource, "AT_ONCE", 4)
    with in_workspace(cast.workspace.pk):
        first = Message.objects.get()
        for number in range(9):
            Message.objects.create(
                conversation_id=conversation.id,
                channel=first.channel,
                direction="in",
                text=str(number),
                sent_at=START + timedelta(minutes=number // 3),
            )
    ids, before = [], ""
    while before is not None:
        told = program.get(f"/conversations/{conversation.id}?{before}").json()
        ids = [m["id"] for m in told["messages"]] + ids
        before = f"before={told['earlier']}" if told["earlier"] else None
    assert len(ids) == len(set(ids)) == 10
    assert ids[-1] == conversation.message


def test_what_colleagues_say_among_themselves_is_never_given(program, cast, conversation):
    with in_workspace(cast.workspace.pk):
        Note.objects.create(conversation_id=conversation.id, text="The buyer lies, I think")
    assert b"lies" not in program.get(f"/conversations/{conversation.id}").content


def test_a_conversation_that_there_is_not_is_told_so(program, conversation):
    for id_ in ["0", "-1", "999999", "9223372036854775808", "9" * 40, "x", "1.5"]:
        for path in (f"/conversations/{id_}", f"/conversations/{conversation.id}/messages/{id_}"):
            answer = program.get(path)
            assert answer.status_code in (404, 422)
            assert answer["Content-Type"] == "application/problem+json"


def test_a_message_of_another_conversation_is_not_found(program, many, conversation):
    many(1)
    other = program.get("/conversations").json()["items"][-1]["id"]
    assert other != conversation.id
    path = f"/conversations/{other}/messages/{conversation.message}"
    assert program.get(path).status_code == 404


def test_reading_a_conversation_is_written_down_once_a_minute(program, cast, conversation):
    for _ in range(3):
        program.get(f"/conversations/{conversation.id}")
    with in_workspace(cast.workspace.pk):
        [entry] = AuditEntry.objects.filter(act="conversation.read")
    assert entry.token_id is not None
    assert entry.person_id is None
    assert entry.subject_id == str(conversation.id)


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    program, many, django_assert_max_num_queries
):
    many(30)
    with django_assert_max_num_queries(9):
        assert len(program.get("/conversations?limit=30").json()["items"]) == 30


def test_state_and_assignee_change_together_or_not_at_all(program, cast, conversation):
    path = f"/conversations/{conversation.id}"
    lena = cast.people.lena.pk
    told = program.patch(path, {"state": "pending", "assignee": lena}).json()
    assert (told["state"], told["assignee"]["name"]) == ("pending", "Lena")
    refused = program.patch(path, {"state": "resolved", "assignee": cast.people.charlie.pk})
    assert refused.status_code == 404
    assert program.get(path).json()["state"] == "pending"
    assert program.patch(path, {"assignee": None}).json()["assignee"] is None


WRONG_CHANGES: list[Any] = [
    {}, {"state": "closed"}, {"state": "snoozed"}, {"state": None}, {"until": None},
    {"state": "open", "until": "2999-01-01T00:00:00Z"}, {"assignee": "Lena"},
    {"state": "snoozed", "until": "2001-01-01T00:00:00Z"}, {"colour": 1}, [], "open", 7, None,
    {"state": "snoozed", "until": "2999-01-01T00:00:00"}, b'{"assignee": 9999999999999999999}',
]  # fmt: skip


def test_a_change_that_is_wrong_changes_nothing(program, conversation):
    for body in WRONG_CHANGES:
        answer = program.patch(f"/conversations/{conversation.id}", body)
        assert answer.status_code == 422, body
        assert answer["Content-Type"] == "application/problem+json"
    assert program.get(f"/conversations/{conversation.id}").json()["state"] == "open"


def test_snoozing_wants_a_time(program, conversation):
    change = {"state": "snoozed", "until": "2999-01-01T00:00:00Z"}
    told = program.patch(f"/conversations/{conversation.id}", change).json()
    assert told["snoozed_until"] == "2999-01-01T00:00:00Z"


def test_a_file_is_given_as_a_download_and_nothing_else(program, cast, conversation):
    with in_workspace(cast.workspace.pk):
        file_store().put("test/file", b"<script>alert(1)</script>")
        Attachment.objects.create(
            message_id=conversation.message,
            name='发票\r\nX: "1".html',
            mime="text/html",
            storage_key="test/file",
        )
    told = program.get(f"/conversations/{conversation.id}").json()
    answer = program.get(told["messages"][0]["attachments"][0]["url"].removeprefix("/api/v1"))
    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "X" not in answer.headers


def test_channels_come_with_their_ledger_and_without_their_doors(program, cast, conversation):
    with in_workspace(cast.workspace.pk):
        Channel.objects.create(key="ch_secretdoor", platform="shopify", name="Shop")
    answer = program.get("/channels")
    api, shop = answer.json()["items"]
    assert (api["key"], shop["key"]) == ("ch_api", None)
    assert (api["ledger"]["accepted"], api["ledger"]["applied"]) == (1, 1)
    assert b"secretdoor" not in answer.content


def test_the_problem_map_is_told(program):
    told = program.get("/problem-map").json()
    assert told["version"] == 1
    assert "logistics.delay" in {node["code"] for node in told["nodes"]}


def test_a_card_number_never_leaves_by_the_api(cast, channel, program):
    text = "refund my card 4111 1111 1111 1111 please, order 302-8868176-2219830"
    with in_workspace(cast.workspace.pk):
        arrive(channel, api_item("m1", text, conversation="c1"))
        found = Conversation.objects.get()
    message = f"/conversations/{found.pk}/messages/{found.last_message_id}"
    for path in ("/conversations", f"/conversations/{found.pk}", message):
        answer = program.get(path).content.decode()
        assert "4111 1111" not in answer
        assert "302-8868176-2219830" in answer
    assert program.get(message).json()["text"] == text.replace("4111 1111 1111 1111", "█" * 19)
