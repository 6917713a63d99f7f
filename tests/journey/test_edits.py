"""An edited message shows its newest text once, is read again, and keeps what it said before."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.journey.telegram_world import edited, make_bot, message, receive
from tradewind.inbox.models import Activity, Conversation, LiveEvent, Message
from tradewind.journey import afterthought
from tradewind.triage.models import Reading

CALM = "Hello, when will my parcel arrive please?"
ANGRY = "This is fraud! I want my money back today or I open a dispute with PayPal."


@pytest.fixture
def channel(in_alices):
    return make_bot()


def test_an_edit_replaces_the_text_and_is_read_weighed_and_found_again(channel):
    receive(channel, message(1, CALM))
    before = Conversation.objects.get()
    afterthought.catch_up()
    LiveEvent.objects.all().delete()
    receive(channel, edited(1, ANGRY, at=60))
    said, conversation = Message.objects.get(), Conversation.objects.get()
    assert said.text == ANGRY
    assert said.edited_at is not None
    assert Activity.objects.get(act="edited").detail == {"message": said.pk, "former": CALM}
    assert conversation.preview == ANGRY[:200]
    assert conversation.message_count == 1
    assert conversation.priority > before.priority
    assert {r.message_id for r in Reading.objects.all()} == {said.pk}
    assert LiveEvent.objects.filter(conversation_ids=[conversation.pk]).exists()
    afterthought.catch_up()
    with connection.cursor() as cursor:
        cursor.execute("SELECT words::text FROM inbox_searchtext")
        assert "paypal" in cursor.fetchone()[0]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_edits_count_by_when_they_were_made_not_by_when_they_came(channel, in_one_batch):
    updates = [edited(1, "third", at=90), edited(1, "second", at=60), message(1, "first")]
    for batch in [updates] if in_one_batch else [[u] for u in updates]:
        receive(channel, *batch)
    assert [m.text for m in Message.objects.all()] == ["third"]
    assert Conversation.objects.get().preview == "third"


def test_an_edit_that_changes_nothing_leaves_no_trace(channel):
    receive(channel, message(1, CALM))
    receive(channel, edited(1, CALM, at=60))
    assert not Activity.objects.filter(act="edited").exists()


def test_an_edit_of_an_older_message_leaves_the_preview(channel):
    receive(channel, message(1, "one"), message(2, "two"))
    receive(channel, edited(1, "uno", at=60))
    assert Conversation.objects.get().preview == "two"
    assert set(Message.objects.values_list("text", flat=True)) == {"uno", "two"}
