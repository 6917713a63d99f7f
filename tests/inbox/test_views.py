"""The counts beside the list are those of the lists they lead to."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from tests.web.inbox_helpers import make_channel
from tradewind.commerce.models import Order, Return, Store
from tradewind.inbox import overview
from tradewind.inbox.models import Conversation, Note, State
from tradewind.inbox.queries import VIEWS, Filters, in_view, newest_first, urgent_first


@pytest.fixture
def mixed(in_alices: SimpleNamespace) -> SimpleNamespace:
    """Two hundred conversations in which every condition of every view holds and does not."""
    channel = make_channel()
    store = Store.objects.get()
    people = [None, in_alices.people.alice, in_alices.people.bob]
    threats = [[], ["legal"], ["bad_review"], ["bad_review", "chargeback"]]
    states = [State.OPEN, State.PENDING, State.SNOOZED, State.RESOLVED]
    now = timezone.now()
    orders = [
        Order.objects.create(store=store, number=f"N{n}", external_id=f"o{n}") for n in range(6)
    ]
    for n, kind in enumerate(["claim", "return", "not_received"]):
        Return.objects.create(order=orders[n], external_id=f"r{n}", kind=kind)
    for n in range(200):
        due = [None, now + timedelta(hours=n % 9)][n % 2]
        Conversation.objects.create(
            channel=channel,
            store=[None, store][n % 5 > 1],
            order=(orders + [None] * 20)[n % 26],
            state=states[n % 7 % 4],
            assignee=people[n % 3],
            threats=threats[n % 11 % 4],
            urgency="critical" if n % 13 == 0 else "normal",
            company_due_at=due,
            platform_due_at=due and [None, due - timedelta(hours=3)][n % 3 % 2],
            rank_at=min(due - timedelta(hours=3), now) if due else now + timedelta(days=3650),
            has_failed_send=n % 17 == 0,
            country=["DE", "FR", ""][n % 3],
            last_message_at=now - timedelta(minutes=n // 3),
        )
    for c in Conversation.objects.filter(
        pk__in=list(Conversation.objects.values_list("pk", flat=True))[::8]
    ):
        Note.objects.create(conversation=c, text="look", mentions=[in_alices.alice.person_id])
    return in_alices


def test_each_count_is_that_of_its_list(mixed: SimpleNamespace) -> None:
    counted = overview.view_counts(mixed.alice)
    assert tuple(counted) == VIEWS
    assert counted == {name: in_view(mixed.alice, Filters(view=name)).count() for name in VIEWS}
    assert all(0 < n < 200 for n in counted.values()), counted


def test_claims_are_threats_to_claim_and_disputed_orders(mixed: SimpleNamespace) -> None:
    for state in ("", "resolved"):
        found = set(in_view(mixed.alice, Filters(view="claims", state=state)))
        wanted = {
            c
            for c in Conversation.objects.select_related("order")
            if (c.state == state if state else c.state != State.RESOLVED)
            and (
                {"legal", "chargeback", "platform_claim"} & set(c.threats)
                or (c.order and c.order.number in ("N0", "N2"))
            )
        }
        assert found == wanted
        assert found


def test_stores_count_what_is_not_resolved(mixed: SimpleNamespace) -> None:
    store = Store.objects.get()
    wanted = in_view(mixed.alice, Filters(view="all", store=str(store.pk))).count()
    assert overview.store_counts(mixed.alice) == {store.pk: wanted}


def test_counts_end_at_the_cap(mixed: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "COUNT_CAP", 7)
    assert overview.view_counts(mixed.alice)["all"] == 7


def test_facets_stand_by_how_often_they_are(mixed: SimpleNamespace) -> None:
    found = overview.facets(mixed.alice)
    assert found.countries == ["DE", "FR"]
    assert (found.platforms, found.languages, found.intents) == ([], [], [])


def test_nothing_is_counted_beyond_the_wall(mixed: SimpleNamespace) -> None:
    assert set(overview.view_counts(mixed.charlie).values()) == {0}
    assert overview.store_counts(mixed.charlie) == {}
    assert overview.facets(mixed.charlie).countries == []


@pytest.mark.parametrize("by", [urgent_first, newest_first])
def test_pages_follow_one_another_without_gap(mixed: SimpleNamespace, by) -> None:
    found = in_view(mixed.alice, Filters(view="all"))
    whole = [c.pk for c in by(found, size=500).rows]
    paged, cursor = [], ""
    while True:
        page = by(found, cursor=cursor, size=7)
        paged += [c.pk for c in page.rows]
        if not page.next:
            break
        cursor = page.next
    assert paged == whole
    assert len(whole) == found.count()
