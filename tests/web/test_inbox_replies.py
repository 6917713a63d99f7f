"""Replies over HTTP: sent once, taken back in time, refused with what was written kept."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.journey_helpers import api_item, arrive
from tests.web.inbox_helpers import write
from tradewind.identity.models import AuditEntry
from tradewind.inbox.models import (
    Draft,
    Message,
    Outgoing,
)
from tradewind.journey import reply


def test_a_reply_waits_ten_seconds_and_can_be_taken_back_as_a_draft(bob, found):
    answer = write(bob, found)
    toast = json.loads(answer["HX-Trigger"])["toast"]
    assert toast["seconds"] == 10
    assert Outgoing.objects.get().next_try_at > timezone.now() + timedelta(seconds=8)
    assert bob.post(toast["undo"]).status_code == 204
    assert not Outgoing.objects.exists()
    assert Draft.objects.get().text == "We have found it."
    assert b"We have found it." in bob.get(f"/c/{found.pk}/composer").content


def test_a_reply_taken_back_stands_before_what_was_written_since(bob, found):
    answer = write(bob, found)
    since = {"kind": "reply", "text": "And it leaves today.", "base": found.last_message_id}
    bob.post(f"/c/{found.pk}/draft", since)
    bob.post(json.loads(answer["HX-Trigger"])["toast"]["undo"])
    kept = Draft.objects.get()
    assert kept.text == "We have found it.\n\nAnd it leaves today."
    assert kept.base_message_id == found.last_message_id
    assert b"And it leaves today." in bob.get(f"/c/{found.pk}/composer").content


def test_a_reply_on_its_way_cannot_be_taken_back(bob, found):
    write(bob, found)
    Outgoing.objects.update(next_try_at=timezone.now())
    reply.send_due()
    taken = bob.post(f"/messages/{Message.objects.get(direction='out').pk}/take-back")
    assert taken.status_code == 409
    assert "accepted" in bob.get(f"/c/{found.pk}/log").content.decode()


def test_the_same_press_twice_sends_once(bob, found):
    write(bob, found)
    write(bob, found)
    assert Outgoing.objects.count() == 1


def test_what_was_changed_after_the_answer_to_send_was_lost_is_kept_and_may_follow(bob, found):
    write(bob, found)
    changed = write(bob, found, "We have found it. It leaves today.")
    assert changed.status_code == 409
    said = changed.content.decode()
    assert "sent already" in said
    assert "We have found it." in said
    key = re.search(r'data-new-key="(\w[^"]+)"', said)
    assert key is not None
    assert write(bob, found, "It leaves today.", key=key[1]).status_code == 200
    assert [o.message.text for o in Outgoing.objects.order_by("pk")] == [
        "We have found it.",
        "It leaves today.",
    ]


@pytest.mark.parametrize(("kept", "left"), [("We have found it.\n", 0), ("Something else", 1)])
def test_a_press_repeated_after_a_broken_line_leaves_no_draft_of_it(bob, found, kept, left):
    write(bob, found)
    bob.post(f"/c/{found.pk}/draft", {"kind": "reply", "text": kept})
    write(bob, found)
    assert Outgoing.objects.count() == 1
    assert Draft.objects.count() == left


def test_a_reply_written_past_the_buyers_last_word_is_refused_and_kept(bob, channel, found):
    arrive(channel, api_item("m2", "It came this morning!", conversation="c-m1"))
    saved = bob.post(
        f"/c/{found.pk}/draft",
        {"kind": "reply", "text": "We refund you.", "base": found.last_message_id},
    )
    assert saved.status_code == 409
    answer = write(bob, found, "We refund you.")
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "[data-stale]"
    assert b"It came this morning!" in answer.content
    assert Draft.objects.get().text == "We refund you."
    assert not Outgoing.objects.exists()


def test_a_failed_reply_says_why_and_is_really_sent_again(bob, found):
    write(bob, found)
    Outgoing.objects.update(state="failed", error_code="550", error_text="mailbox full")
    page = bob.get(f"/c/{found.pk}/log").content.decode()
    assert "mailbox full" in page
    message_id = Message.objects.get(direction="out").pk
    assert bob.post(f"/messages/{message_id}/retry", {"text": "Again"}).status_code == 204
    assert Outgoing.objects.get().state == "queued"
    assert Message.objects.get(pk=message_id).text == "Again"


def test_of_an_unsure_reply_a_person_may_say_that_the_buyer_has_it(bob, rita, found):
    write(bob, found)
    Outgoing.objects.update(state="unsure")
    message_id = Message.objects.get(direction="out").pk
    assert b"The buyer has it" in bob.get(f"/c/{found.pk}/log").content
    assert rita.post(f"/messages/{message_id}/arrived").status_code == 403
    assert bob.post(f"/messages/{message_id}/arrived").status_code == 204
    sent = Outgoing.objects.get()
    assert (sent.state, str(sent.vouched_by), sent.accepted_at) == ("delivered", "Bob", None)
    assert AuditEntry.objects.get(act="reply.vouched").detail == {"message": message_id}
    assert b"Bob: the buyer has it" in bob.get(f"/c/{found.pk}/log").content
    # It is settled: neither said twice nor sent again.
    assert bob.post(f"/messages/{message_id}/arrived").status_code == 409
    assert bob.post(f"/messages/{message_id}/retry").status_code == 409
