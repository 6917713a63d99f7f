"""How much a page asks of the database: its time cannot be tested, its questions can."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.web.inbox_helpers import conversation, htmx, make_channel, signed_in
from tradewind.commerce.models import Order, OrderItem, Shipment, Store
from tradewind.identity.models import AuditEntry, Membership
from tradewind.inbox.models import Conversation, Note


@pytest.fixture
def desk(in_alices: SimpleNamespace) -> SimpleNamespace:
    """Twelve conversations, one of them with everything that a conversation can have."""
    channel = make_channel()
    rows = [conversation(channel, f"m{n}") for n in range(12)]
    order = Order.objects.create(
        store=Store.objects.get(), number="N1", external_id="o1", placed_at=timezone.now()
    )
    OrderItem.objects.create(order=order, sku="S-1", title="Lamp", quantity=1)
    Shipment.objects.create(order=order, carrier="DHL", tracking_number="T1")
    whole = rows[3]
    Conversation.objects.filter(pk=whole.pk).update(order=order)
    Note.objects.create(conversation=whole, text="look", author=in_alices.people.bob)
    in_alices.whole, in_alices.plain = whole, rows[5]
    in_alices.browser = signed_in(in_alices.people.alice)
    return in_alices


def asked(get: Any) -> int:
    """How many statements the second of two equal requests sends."""
    assert get().status_code == 200
    with CaptureQueriesContext(connection) as statements:
        assert get().status_code == 200
    return len(statements)


@pytest.mark.parametrize("view", ["all", "mine", "claims", "resolved"])
def test_the_list_asks_little_whatever_it_shows(desk: SimpleNamespace, view: str) -> None:
    assert asked(lambda: desk.browser.get(f"/?view={view}")) <= 17


def test_more_rows_are_not_more_questions(desk: SimpleNamespace) -> None:
    few = asked(lambda: desk.browser.get("/?view=all"))
    for n in range(12, 30):
        conversation(Conversation.objects.all()[0].channel, f"m{n}")
    assert asked(lambda: desk.browser.get("/?view=all")) == few


def test_more_stores_are_not_more_questions(desk: SimpleNamespace) -> None:
    few = asked(lambda: desk.browser.get("/?view=all"))
    for n in range(5):
        Store.objects.create(name=f"Harbor {n}", platform="api", country="FR")
    assert asked(lambda: desk.browser.get("/?view=all")) == few


def test_a_conversation_asks_for_what_it_has(desk: SimpleNamespace) -> None:
    assert asked(lambda: htmx(desk.browser, f"/c/{desk.plain.pk}")) <= 18
    assert asked(lambda: htmx(desk.browser, f"/c/{desk.whole.pk}")) <= 20


def test_its_whole_page_adds_the_list(desk: SimpleNamespace) -> None:
    assert asked(lambda: desk.browser.get(f"/c/{desk.whole.pk}")) <= 30


def test_looking_at_another_view_writes_nothing(desk: SimpleNamespace) -> None:
    desk.browser.get("/?view=all")
    with CaptureQueriesContext(connection) as statements:
        desk.browser.get("/?view=due")
    assert not [s for s in statements if s["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]


def test_the_last_view_is_found_again_by_the_same_person_alone(desk: SimpleNamespace) -> None:
    desk.browser.get("/?view=due&country=DE")
    page = desk.browser.get("/").content.decode()
    assert 'data-key="due"' in page
    assert '<input type="hidden" name="country" value="DE">' in page
    other = Client(headers={"Accept": "text/html"})
    other.cookies = desk.browser.cookies
    other.force_login(desk.people.bob)
    assert 'data-key="mine"' in other.get("/").content.decode()


def test_who_read_a_conversation_is_written_down(desk: SimpleNamespace) -> None:
    htmx(desk.browser, f"/c/{desk.plain.pk}")
    entry = AuditEntry.objects.get(act="conversation.read")
    assert (entry.person_id, entry.subject_kind, entry.subject_id, entry.workspace_id) == (
        desk.alice.person_id,
        "conversation",
        str(desk.plain.pk),
        desk.workspace.pk,
    )
    assert (entry.detail, entry.ip) == ({}, "127.0.0.1")


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(desk: SimpleNamespace) -> None:
    """Rights are asked anew for every page: nothing is remembered that could outlive them."""
    bob = signed_in(desk.people.bob)
    assert bob.get("/?view=all").status_code == 200
    Membership.objects.filter(person=desk.people.bob).delete()
    assert bob.get("/?view=all").status_code == 403
