"""The list of conversations: filters, saved views, what is chosen together."""

from __future__ import annotations

import json

from tests.web.inbox_helpers import conversation
from tradewind.inbox.models import Activity, Conversation, SavedView
from tradewind.inbox.queries import PAGE


def test_chosen_conversations_are_closed_together(bob, channel, found):
    other = conversation(channel, "m9", "Where is it?")
    answer = bob.post("/inbox/bulk", {"act": "no_reply", "id": [found.pk, other.pk]})
    assert "2" in json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert set(Conversation.objects.values_list("state", flat=True)) == {"resolved"}
    assert Activity.objects.filter(act="no_reply").count() == 2


def test_a_named_filter_comes_back_with_its_count(bob, found):
    data = {"name": "Claims from Germany", "view": "all", "country": "DE"}
    assert bob.post("/inbox/views/save", data).status_code == 204
    assert "Claims from Germany" in bob.get("/inbox/views?view=all").content.decode()
    assert SavedView.objects.get().query == "view=all&country=DE"


def test_filters_and_search_narrow_the_list(bob, channel, found):
    conversation(channel, "m9", "Wo bleibt mein Paket? Ich warte seit zwei Wochen.")
    assert bob.get("/?view=all&language=de").content.count(b'class="row') < bob.get(
        "/?view=all"
    ).content.count(b'class="row')
    assert b"never arrived" not in bob.get("/?view=all&language=de").content
    assert bob.get("/?view=all&clock=never").status_code == 422


def test_of_changed_conversations_only_those_that_pass_the_filter_are_given(bob, channel, found):
    other = conversation(channel, "m2", "Hello, which colour is it?")
    ids = f"{found.pk},{other.pk},999,x"
    Conversation.objects.filter(pk=other.pk).update(language="de")
    Conversation.objects.filter(pk=found.pk).update(language="en")
    answer = bob.get(f"/inbox/rows?view=all&language=de&ids={ids}").content.decode()
    assert f'data-id="{other.pk}"' in answer
    assert f'data-id="{found.pk}"' not in answer


def test_of_more_changed_conversations_than_a_page_holds_none_is_left_out(bob, channel):
    rows = [conversation(channel, f"m{n}", "Where is it?") for n in range(PAGE + 3)]
    ids = ",".join(str(row.pk) for row in rows)
    answer = bob.get(f"/inbox/rows?view=all&ids={ids}").content
    assert answer.count(b'class="row ') + answer.count(b'class="row"') == PAGE + 3
