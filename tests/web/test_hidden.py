"""What of a buyer's data stands on screens, by who looks: nobody reads more than their role may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journey_helpers import api_item, arrive
from tests.web.inbox_helpers import htmx, make_channel, signed_in
from tradewind.commerce.addresses import set_address
from tradewind.commerce.models import Buyer, Identity, Order, Return
from tradewind.identity.models import Membership, Role
from tradewind.inbox.models import (
    Attachment,
    AttachmentState,
    Conversation,
    Draft,
    Message,
    Note,
    Outgoing,
)
from tradewind.learning import tasks
from tradewind.nlp.pii import Kind
from tradewind.web import rows
from tradewind.web.rows import Eyes, live_rows
from tradewind.web.seen import cover_rows

EMAIL, PHONE, CARD = "anna.keller@example.de", "+49 170 1234567", "4111 1111 1111 1111"
STREET, NOTED, DRAFTED = "Lindenstraße 14", "Lindenstr. 14", "0170 1234567"
SECRETS = (EMAIL, "170 1234567", CARD, STREET, NOTED)
SAID = f"Never arrived at {STREET}, 04177 Leipzig. Mail {EMAIL}, ring {PHONE}, paid with {CARD}"


@pytest.fixture
def found(in_alices) -> Conversation:
    item = api_item("m1", "", html=f"<p>{SAID}</p>", subject=f"{EMAIL} waits", conversation="c1")
    del item["text"]
    sender = {"name": EMAIL, "email": EMAIL}
    arrive(make_channel(), item | {"from": sender})
    Message.objects.update(quoted=f"ring {PHONE}")
    found = Conversation.objects.get()
    order = Order(platform="api", external_id="o1", number="304-1", country="DE")
    set_address(order, {"name": "Anna Keller", "lines": [STREET], "city": "Leipzig"})
    order.save()
    Return.objects.create(
        order=order, external_id="r1", kind="claim", stage="open", reason_text=f"ring {PHONE}"
    )
    Note.objects.create(conversation=found, text=f"lives at {NOTED}", author=None)
    Draft.objects.create(
        conversation=found, author=in_alices.people.lena, text=f"we rang {DRAFTED}"
    )
    Conversation.objects.update(order=order, country="DE")
    Buyer.objects.update(country="DE")
    Identity.objects.create(buyer=found.buyer, kind="phone", value="+491701234567")
    file = {"name": "invoice.pdf", "mime": "application/pdf", "state": AttachmentState.STORED}
    Attachment.objects.create(message_id=found.last_message_id, storage_key="x", **file)
    return Conversation.objects.get()


@pytest.fixture
def same_line(monkeypatch) -> None:
    """The test's own connection stays open: streams render in a thread of their own."""
    monkeypatch.setattr(rows, "close_old_connections", lambda: None)


def pages(client: Any, found: Conversation) -> dict[str, str]:
    """Every page and piece that shows what a buyer said or is known by."""
    at = f"/c/{found.pk}"
    plain = ["/?view=all", "/inbox/rows?view=all", "/?view=all&q=arrived", at, f"{at}/log"]
    plain += [f"{at}/beside/{tab}" for tab in ("order", "buyer", "activity")]
    plain += ["/inbox/find?q=arrived", "/buyers/", f"/buyers/{found.buyer_id}"]
    told = {url: client.get(url) for url in plain}
    told["pane"] = htmx(client, "/?view=all", "list-pane")
    told["thread"] = htmx(client, at)
    assert {answer.status_code for answer in told.values()} == {200}
    return {url: answer.content.decode() for url, answer in told.items()}


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.REVIEWER])
def test_who_does_not_answer_reads_nobodys_mail_phone_card_or_street(in_alices, found, role):
    Membership.objects.filter(person=in_alices.people.rita).update(role=role)
    rita = signed_in(in_alices.people.rita)
    for url, shown in pages(rita, found).items():
        assert [secret for secret in (*SECRETS, "1701234567") if secret in shown] == [], url
    log = rita.get(f"/c/{found.pk}/log").content.decode()
    assert "04177" not in log
    assert "██" in log
    assert "invoice.pdf" in log
    assert rita.get(f"/messages/{found.last_message_id}/mail").status_code == 403
    assert rita.get(f"/files/{Attachment.objects.get().pk}").status_code == 403


def test_who_answers_sees_how_to_reach_the_buyer_and_no_card(in_alices, found):
    shown = pages(signed_in(in_alices.people.bob), found)
    log = shown[f"/c/{found.pk}/log"]
    assert [s for s in (EMAIL, PHONE, STREET, NOTED, DRAFTED) if s not in log] == []
    assert EMAIL in shown["/?view=all"]
    assert EMAIL in shown[f"/buyers/{found.buyer_id}"]
    assert [url for url, text in shown.items() if CARD in text] == []


def test_an_owner_sees_everything(in_alices, found):
    alice = signed_in(in_alices.people.alice)
    assert CARD in alice.get(f"/c/{found.pk}/log").content.decode()
    assert CARD in alice.get(f"/messages/{found.last_message_id}/mail").content.decode()


def test_a_mail_is_shown_as_it_was_sent_where_nothing_in_it_is_hidden(in_alices, found):
    bob = signed_in(in_alices.people.bob)
    mail = f"/messages/{found.last_message_id}/mail"
    assert bob.get(mail).status_code == 403
    Message.objects.update(html=f"<p>ring {PHONE}</p>")
    assert PHONE in bob.get(mail).content.decode()


def test_rows_told_live_are_as_blacked_out_as_those_of_the_page(in_alices, found, same_line):
    eyes = [Eyes("en", frozenset(kinds)) for kinds in ([], [Kind.EMAIL, Kind.PHONE])]
    Draft.objects.all().delete()
    told = live_rows(in_alices.workspace.pk, [found.pk], eyes)
    clear, dark = (told[seen_by][0]["html"] for seen_by in eyes)
    assert EMAIL in clear
    assert EMAIL not in dark
    assert "██" in dark


def test_what_was_blacked_out_for_somebody_is_never_kept(in_alices, found):
    signed_in(in_alices.people.rita).get(f"/c/{found.pk}")
    assert Message.objects.get().text == SAID
    assert Conversation.objects.get().subject == f"{EMAIL} waits"
    cover_rows(frozenset(Kind), [found])
    with pytest.raises(RuntimeError, match="blacked out"):
        found.save()


def test_a_reply_that_failed_can_be_sent_again_as_it_was_written(in_alices, found):
    bob = signed_in(in_alices.people.bob)
    reply = {"kind": "reply", "text": "We refund 40.00", "base": found.last_message_id, "key": "w"}
    assert bob.post(f"/c/{found.pk}/write", reply).status_code == 200
    Message.objects.filter(direction="out").update(text=f"We refund the card {CARD}")
    Outgoing.objects.update(state="failed", error_text=f"{EMAIL} does not exist")
    assert CARD in bob.get(f"/c/{found.pk}/log").content.decode()
    log = signed_in(in_alices.people.rita).get(f"/c/{found.pk}/log").content.decode()
    assert [secret for secret in (CARD, EMAIL) if secret in log] == []


def test_the_bench_shows_labellers_no_more_than_the_inbox(in_alices, found):
    task = tasks.make_task(in_alices.lena, "All", tasks.Wish(how="newest", count=5))
    Membership.objects.filter(person=in_alices.people.rita).update(role=Role.REVIEWER)
    page = (
        signed_in(in_alices.people.rita).get(f"/learning/tasks/{task.pk}/label/").content.decode()
    )
    assert "██" in page
    assert [secret for secret in SECRETS if secret in page] == []
