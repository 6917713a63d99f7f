"""A reply to a Telegram chat over a Bot API on loopback: sent once, and its end told truly."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.journey.telegram_world import (
    TOKEN,
    blocked,
    conversation_with,
    message,
    receive,
    sent,
)
from tradewind.identity.errors import Conflict
from tradewind.inbox.models import Conversation, Draft, Message, Outgoing
from tradewind.journey import reply
from tradewind.journey.reply import PolicyStop

TEXT = "It left our warehouse yesterday and arrives on Thursday."


def make_due() -> None:
    """The time until the next try has passed."""
    Outgoing.objects.update(next_try_at=timezone.now())


def send_now() -> None:
    """Send what is queued; a chat takes one reply a second."""
    deadline = time.monotonic() + 5
    while Outgoing.objects.filter(state="queued").exists() and time.monotonic() < deadline:
        make_due()
        reply.send_due()
        time.sleep(0.05)


def state_of(said: Message) -> tuple[str, str, str]:
    row = Outgoing.objects.get(message=said)
    return row.state, row.error_code, row.error_text


def test_a_reply_reaches_the_chat_and_is_accepted(in_alices):
    with conversation_with(sent) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT, then="pending")
        assert state_of(said)[0] == "queued"
        assert reply.send_due() == 1
        assert reply.send_due() == 0
    assert [a.path for a in api.asked] == [f"/bot{TOKEN}/sendMessage"]
    assert (api.asked[0].json["chat_id"], api.asked[0].json["text"]) == ("77", TEXT)
    assert state_of(said) == ("accepted", "", "")
    assert Outgoing.objects.get().platform_id == "77:501"
    conversation.refresh_from_db()
    assert (conversation.state, conversation.last_is_ours) == ("pending", True)


def test_a_platform_that_asks_to_slow_down_gets_the_reply_when_it_said(in_alices):
    slow = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many",
        "parameters": {"retry_after": 40},
    }
    answers = [lambda _: (429, slow), sent]
    with conversation_with(lambda asked: answers.pop(0)(asked)) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        row = Outgoing.objects.get()
        assert (row.state, row.error_code) == ("queued", "429")
        wait = row.next_try_at - row.created_at
        assert timedelta(seconds=39) < wait < timedelta(seconds=60)
        assert reply.send_due() == 0
        send_now()
    assert state_of(said) == ("accepted", "", "")
    assert len(api.asked) == 2


def test_a_buyer_who_blocked_the_bot_is_shown_as_the_reason(in_alices):
    told = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    with conversation_with(lambda _: (403, told)) as (conversation, _api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
    assert state_of(said) == ("failed", "403", "Forbidden: bot was blocked by the user")
    conversation.refresh_from_db()
    assert conversation.has_failed_send


def test_silence_after_the_text_left_is_unsure_and_only_a_person_sends_again(in_alices):
    def silent(asked):
        if len(api.asked) == 1:
            raise ConnectionAbortedError
        return sent(asked)

    with conversation_with(silent) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        assert state_of(said)[0] == "unsure"
        make_due()
        assert reply.send_due() == 0
        reply.retry(in_alices.bob, said)
        send_now()
        assert reply.send_due() == 0
        assert state_of(said) == ("accepted", "", "")
        with pytest.raises(Conflict, match="only a reply that failed"):
            reply.retry(in_alices.bob, said)
    assert len(api.asked) == 2


def test_a_failed_reply_goes_out_again_with_a_better_text(in_alices):
    told = {"ok": False, "error_code": 400, "description": "Bad Request: can't parse"}
    answers = [lambda _: (400, told), sent]
    with conversation_with(lambda asked: answers.pop(0)(asked)) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        reply.retry(in_alices.bob, said, text="It arrives on Thursday, sorry for the wait.")
        send_now()
    assert api.asked[1].json["text"] == "It arrives on Thursday, sorry for the wait."
    conversation.refresh_from_db()
    assert not conversation.has_failed_send


def test_a_held_reply_can_be_taken_back_and_never_leaves(in_alices):
    with conversation_with(sent) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT, hold=reply.UNDO)
        assert reply.send_due() == 0
        assert reply.take_back(in_alices.bob, said) == TEXT
        make_due()
        reply.send_due()
    assert api.asked == []
    assert Draft.objects.get().text == TEXT
    assert Message.objects.count() == 1


def test_a_reply_on_its_way_cannot_be_taken_back(in_alices):
    with conversation_with(sent) as (conversation, _api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        with pytest.raises(Conflict, match="too late"):
            reply.take_back(in_alices.bob, said)


def test_an_answer_to_an_older_word_is_stopped(in_alices):
    with conversation_with(sent) as (conversation, api):
        seen = Message.objects.get().pk
        receive(conversation.channel, message(2, "Never mind, it is here!"))
        with pytest.raises(Conflict, match="has written since"):
            reply.write(in_alices.bob, conversation, TEXT, base_message_id=seen)
        reply.send_due()
    assert api.asked == []


def test_the_same_key_twice_is_one_reply(in_alices):
    with conversation_with(sent) as (conversation, api):
        said = [
            reply.write(in_alices.bob, conversation, TEXT, idempotency_key="k1") for _ in range(2)
        ]
        reply.send_due()
        with pytest.raises(Conflict, match="another reply"):
            reply.write(in_alices.bob, conversation, "Something else.", idempotency_key="k1")
    assert said[0].pk == said[1].pk
    assert len(api.asked) == 1


def test_replies_of_one_chat_leave_in_their_order_and_below_the_rate(in_alices):
    with conversation_with(sent) as (conversation, api):
        for text in ("One moment please.", "I am looking it up now."):
            reply.write(in_alices.bob, conversation, text)
        reply.send_due()
        make_due()
        reply.send_due()
        second = Outgoing.objects.get(state="queued")
        # Telegram takes one a second per chat: the second waits without a try being counted.
        assert second.attempts == 0
        assert second.next_try_at > second.created_at
        assert [a.json["text"] for a in api.asked] == ["One moment please."]


def business(number: int, text: str, *, author: int) -> dict:
    """An update of a business chat, where the owner's own messages come back."""
    said = {
        "message_id": number, "from": {"id": author, "first_name": "x"}, "date": 1795300500,
        "chat": {"id": 77, "type": "private"}, "business_connection_id": "bc1", "text": text,
    }  # fmt: skip
    return {"update_id": 40000 + number, "business_message": said}


def business_sent(asked):
    status, body = sent(asked)
    body["result"]["business_connection_id"] = "bc1"
    return status, body


@pytest.mark.parametrize("receipt_first", [True, False])
def test_a_reply_that_comes_back_is_shown_once(in_alices, receipt_first):
    with conversation_with(business_sent) as (first, _api):
        channel = first.channel
        receive(channel, business(500, "Hello there, any news?", author=77))
        conversation = Conversation.objects.get(external_id="bc1:77")
        said = reply.write(in_alices.bob, conversation, TEXT)
        steps = [reply.send_due, lambda: receive(channel, business(501, TEXT, author=1))]
        for step in steps if receipt_first else reversed(steps):
            step()
    conversation.refresh_from_db()
    shown = Message.objects.filter(conversation=conversation, direction="out")
    assert [m.pk for m in shown] == [said.pk]
    assert (conversation.message_count, conversation.last_message_id) == (2, said.pk)
    assert conversation.preview == TEXT
    assert state_of(said)[0] == "accepted"


def test_an_unsure_reply_that_comes_back_was_sent_after_all(in_alices):
    def silent(_asked):
        raise ConnectionAbortedError

    with conversation_with(silent) as (first, api):
        channel = first.channel
        receive(channel, business(500, "Hello there, any news?", author=77))
        conversation = Conversation.objects.get(external_id="bc1:77")
        said = reply.write(in_alices.bob, conversation, TEXT)
        reply.send_due()
        assert state_of(said)[0] == "unsure"
        receive(channel, business(501, TEXT, author=1))
    assert state_of(said)[0] == "accepted"
    conversation.refresh_from_db()
    assert (conversation.message_count, conversation.has_failed_send) == (2, False)
    assert len(api.asked) == 1


def test_a_reply_whose_sender_died_is_unsure_and_never_sent_by_itself(in_alices):
    with conversation_with(sent) as (conversation, api):
        said = reply.write(in_alices.bob, conversation, TEXT)
        Outgoing.objects.update(state="sending", attempts=1)
        assert reply.send_due() == 0
        assert "the program stopped" in state_of(said)[2]
        assert state_of(said)[0] == "unsure"
    assert api.asked == []


def test_a_chat_that_the_buyer_closed_takes_no_reply_until_it_is_open_again(in_alices):
    with conversation_with(sent) as (conversation, api):
        receive(conversation.channel, blocked(at=50))
        conversation.refresh_from_db()
        with pytest.raises(PolicyStop, match="blocked or left"):
            reply.write(in_alices.bob, conversation, TEXT)
        # An older word that comes late changes nothing.
        receive(conversation.channel, blocked(at=10, status="member"))
        conversation.refresh_from_db()
        assert conversation.reply_context["can_reply"] is False
        receive(conversation.channel, blocked(at=90, status="member"))
        conversation.refresh_from_db()
        reply.write(in_alices.bob, conversation, TEXT)
        assert reply.send_due() == 1
    assert len(api.asked) == 1
