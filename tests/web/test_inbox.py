"""The workspace over HTTP: who may what, what is shown, what a correction or an undo does."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.journey_helpers import api_item, arrive
from tests.web.inbox_helpers import conversation, htmx, signed_in, write
from tradewind.commerce.addresses import set_address
from tradewind.commerce.models import Order
from tradewind.identity.models import AuditEntry
from tradewind.identity.scope import in_workspace
from tradewind.inbox import timeline
from tradewind.inbox.models import (
    Attachment,
    Conversation,
    LiveEvent,
    Message,
    Note,
    Outgoing,
)
from tradewind.triage.models import Correction

EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def test_strangers_are_sent_to_sign_in_and_come_back(client, found):
    answer = client.get(f"/c/{found.pk}")
    assert answer.status_code == 302
    assert "login" in answer["Location"]
    assert f"/c/{found.pk}" in answer["Location"]


def test_another_workspace_sees_nothing_of_a_conversation(in_alices, found):
    charlie = signed_in(in_alices.people.charlie)
    message_id = found.last_message_id
    with in_workspace(None):
        assert charlie.get(f"/c/{found.pk}").status_code == 404
        assert charlie.get(f"/messages/{message_id}/mail").status_code == 404
        assert charlie.post(f"/c/{found.pk}/state", {"state": "resolved"}).status_code == 404
        assert b"never arrived" not in charlie.get("/?view=all").content
        assert charlie.get("/inbox/find?q=parcel").json() == []


def test_read_only_people_read_and_cannot_act(rita, found):
    page = rita.get(f"/c/{found.pk}")
    assert page.status_code == 200
    assert b'id="composer"' not in page.content
    assert write(rita, found).status_code == 403
    for url, data in (
        (f"/c/{found.pk}/state", {"state": "resolved"}),
        (f"/c/{found.pk}/assign", {"person": "me"}),
        (f"/messages/{found.last_message_id}/correct", {"field": "emotion", "value": "calm"}),
        ("/inbox/bulk", {"act": "resolve", "id": found.pk}),
    ):
        assert rita.post(url, data).status_code == 403
    assert Conversation.objects.get().state == "open"


def test_the_conversation_shows_what_was_read_with_its_evidence(bob, found):
    page = htmx(bob, f"/c/{found.pk}").content.decode()
    assert 'class="ev ev--threat"' in page
    assert "Platform claim" in page
    assert "Harbor DE" in bob.get("/?view=all").content.decode()


def test_what_strangers_write_is_never_markup(bob, channel):
    sender = {"name": EVIL, "email": "eve@example.com"}
    html = f"<p>Hello {EVIL}</p>"
    found = conversation(channel, "x1", EVIL, subject=EVIL, html=html, **{"from": sender})
    pages = [bob.get("/?view=all"), bob.get(f"/c/{found.pk}"), htmx(bob, f"/c/{found.pk}")]
    pages += [bob.get(f"/c/{found.pk}/beside/buyer"), bob.get("/buyers/")]
    for page in pages:
        assert b"<img src=x" not in page.content
        assert b"<script>alert" not in page.content
    mail = bob.get(f"/messages/{found.last_message_id}/mail")
    assert b"<img" not in mail.content
    assert b"<script" not in mail.content
    assert "default-src 'none'" in mail["Content-Security-Policy"]


def test_a_mail_that_took_long_shows_when_it_says_it_was_written(bob, found):
    assert b">dated " not in bob.get(f"/c/{found.pk}").content
    Message.objects.update(headers={"written_at": "2026-11-01T08:30:00Z"})
    assert ">dated 2026-11-01 " in bob.get(f"/c/{found.pk}").content.decode()


def test_opening_marks_read_and_is_written_down_but_fetching_ahead_is_not(bob, found):
    ahead = {"HX-Request": "true", "HX-Target": "thread", "Purpose": "prefetch"}
    bob.get(f"/c/{found.pk}", headers=ahead)
    assert Conversation.objects.get().unread_count == 1
    bob.post(f"/c/{found.pk}/seen")
    assert Conversation.objects.get().unread_count == 0
    assert AuditEntry.objects.filter(act="conversation.read").count() == 1


def test_a_long_conversation_gives_earlier_messages_when_asked(bob, channel, found, monkeypatch):
    monkeypatch.setattr(timeline, "MOST", 2)
    arrive(channel, *(api_item(f"l{n}", f"Line {n}.", conversation="c-m1") for n in range(4)))
    page = bob.get(f"/c/{found.pk}").content.decode()
    assert "Line 3." in page
    assert "Line 1." not in page
    assert f'hx-get="/c/{found.pk}/log?most=4"' in page
    more = bob.get(f"/c/{found.pk}/log?most=4").content.decode()
    assert "Line 0." in more
    assert 'name="most" value="4"' in more
    assert "Load earlier" not in bob.get(f"/c/{found.pk}/log?most=99999").content.decode()


def test_a_stop_of_the_platforms_policy_is_shown_and_nothing_is_sent(bob, found):
    Conversation.objects.update(platform="amazon")
    answer = write(bob, found, "See https://example.com for more")
    assert answer.status_code == 422
    assert b"strip--stop" in answer.content
    assert not Outgoing.objects.exists()


def test_a_note_tells_whom_it_names_and_never_leaves(bob, in_alices, found):
    bob.post(f"/c/{found.pk}/write", {"kind": "note", "text": "@Lena please look"})
    assert Note.objects.get().mentions == [in_alices.people.lena.pk]
    assert not Outgoing.objects.exists()
    lena = signed_in(in_alices.people.lena)
    assert b"A-to-z" in lena.get("/?view=mentions").content


def test_one_click_corrects_the_problem_and_the_list_follows(bob, found):
    url = f"/messages/{found.last_message_id}/correct"
    bob.post(url, {"field": "intent", "value": "product.defect"})
    bob.post(url, {"field": "threats", "value": ["legal", "chargeback"]})
    row = Conversation.objects.get()
    assert (row.intent, row.threats) == ("product.defect", ["legal", "chargeback"])
    assert Correction.objects.count() == 2
    assert "Defect" in bob.get(f"/c/{found.pk}/log").content.decode()
    assert bob.post(url, {"field": "intent", "value": "no.such"}).status_code == 422


def test_a_draft_is_seen_by_colleagues_and_marks_the_row(bob, in_alices, found):
    bob.post(
        f"/c/{found.pk}/draft",
        {"kind": "reply", "text": "Dear Anna", "base": found.last_message_id},
    )
    lena = signed_in(in_alices.people.lena)
    assert b"Dear Anna" in lena.get(f"/c/{found.pk}/log").content
    assert b'class="draft"' in lena.get("/?view=all").content


def test_files_go_with_the_reply_and_are_handed_out_safely(bob, rita, found):
    file = SimpleUploadedFile("../../evil.html", b"<script>alert(1)</script>", "text/html")
    bob.post(f"/c/{found.pk}/files", {"files": [file]})
    row = Attachment.objects.get()
    assert row.name == "evil.html"
    assert b"evil.html" in bob.get(f"/c/{found.pk}/composer").content
    checked = bob.post(f"/c/{found.pk}/check", {"kind": "reply", "text": "See the file"})
    assert b"files cannot be sent" in checked.content
    Conversation.objects.update(platform="email")
    write(bob, found, file=[row.pk])
    assert Attachment.objects.get().message == Message.objects.get(direction="out")
    assert rita.get(f"/files/{row.pk}").status_code == 403
    answer = bob.get(f"/files/{row.pk}")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_the_address_is_masked_and_reading_it_is_written_down(bob, rita, found):
    order = Order(platform="api", external_id="o1", number="304-1", total=46.9, refunded=10)
    set_address(order, {"name": "Katharina Voss", "lines": ["Hafenweg 3"], "city": "Leipzig"})
    order.save()
    Conversation.objects.update(order=order)
    page = bob.get(f"/c/{found.pk}").content.decode()
    assert "K••• V•••" in page
    assert "Hafenweg" not in page
    assert "36.90" in page  # what is still refundable
    assert b"Hafenweg 3" in bob.post(f"/orders/{order.pk}/address").content
    assert AuditEntry.objects.filter(act="address.read").count() == 1
    assert rita.post(f"/orders/{order.pk}/address").status_code == 403


def test_presence_is_told_without_reading_lists_anew(bob, found):
    bob.post(f"/c/{found.pk}/here", {"state": "writing"})
    event = LiveEvent.objects.filter(kind="presence").get()
    assert event.conversation_ids == []
    assert event.detail["state"] == "writing"


def test_the_screens_ask_the_database_a_bounded_number_of_times(
    bob, channel, django_assert_max_num_queries
):
    for n in range(12):
        found = conversation(channel, f"q{n}", f"{n}: where is my parcel?")
    for n in range(8):
        arrive(channel, api_item(f"z{n}", "Any news?", conversation=f"c-q{n % 2 + 10}"))
    with django_assert_max_num_queries(22):
        bob.get("/?view=all")
    with django_assert_max_num_queries(38):
        htmx(bob, f"/c/{found.pk}")
    with django_assert_max_num_queries(24):
        bob.get(f"/c/{found.pk}/log")
