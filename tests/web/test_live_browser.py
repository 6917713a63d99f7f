"""A line that is cut: what arrives meanwhile is on the screen when it is back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journey_helpers import api_item, arrive
from tests.web.browsing import MARKS, bobs_desk
from tests.web.inbox_server import cut_streams
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, LiveEvent

pytestmark = [*MARKS, pytest.mark.timeout(600)]
_LONG = 60_000
_PRESS = "box => box.click()"


@pytest.fixture
def desk(transactional_db, settings) -> Iterator[Page]:
    claims = [f"Parcel {n} never arrived, I open an A-to-z claim!" for n in range(3)]
    with bobs_desk(*claims, place="/?view=all") as (page, _):
        yield page


def _refuse(route: Route) -> None:
    route.abort("connectionrefused")


def _cut_off(page: Page) -> None:
    """No stream stands, and none comes through."""
    page.route("**/events*", _refuse)
    with page.expect_event("requestfailed", lambda r: "/events" in r.url, timeout=_LONG):
        cut_streams()


def _is_back(page: Page) -> None:
    page.unroute("**/events*", _refuse)


def _hears(page: Page, external_id: str) -> None:
    """The stream stands: what arrives is shown."""
    arrive(page.channel, api_item(external_id, "Hello?", conversation=f"c-{external_id}"))
    expect(page.locator("#list .row")).to_have_count(4, timeout=_LONG)


def _makes_up_for_what_was_missed(page: Page) -> None:
    _cut_off(page)
    arrive(page.channel, api_item("cut", "The lamp burns!", conversation="c-cut"))
    _is_back(page)
    expect(page.locator("#list")).to_contain_text("The lamp burns!", timeout=_LONG)
    expect(page.locator("#list .row")).to_have_count(5)


def _reads_the_list_again_when_that_is_lost(page: Page) -> None:
    page.keyboard.press("j")
    expect(page.locator("#composer [data-text]")).to_be_visible(timeout=_LONG)
    shown = page.locator("#thread").get_attribute("data-id") or ""
    page.keyboard.press("r")
    page.keyboard.type("We look for it")
    page.locator("#list .row:not(.is-open) .pick input").first.evaluate(_PRESS)
    page.locator("#list-pane input[type=search]").fill("half a wo")
    _cut_off(page)
    arrive(page.channel, api_item("lost", "It is smoking!", conversation="c-lost"))
    LiveEvent.objects.exclude(pk=LiveEvent.objects.latest("id").pk).delete()
    Conversation.objects.filter(pk=shown).update(state="resolved")
    _is_back(page)
    expect(page.locator("#list")).to_contain_text("It is smoking!", timeout=_LONG)
    expect(page.locator("#list .row.is-open")).to_have_attribute("data-id", shown)
    expect(page.locator("#composer [data-text]")).to_have_value("We look for it")
    expect(page.locator("#list-pane input[type=search]")).to_have_value("half a wo")
    expect(page.locator("#list .row.is-picked input")).to_be_checked()
    expect(page.locator("[data-bulk-count]")).to_have_text("1")


def test_a_line_that_is_cut_loses_nothing(desk: Page) -> None:
    with in_workspace(desk.channel.workspace_id):
        _hears(desk, "first")
        desk.evaluate("window.same = true")
        _makes_up_for_what_was_missed(desk)
        _reads_the_list_again_when_that_is_lost(desk)
    assert desk.evaluate("window.same")


def test_what_is_closed_leaves_a_filtered_list(desk: Page) -> None:
    desk.goto("/?view=claims")
    rows = desk.locator("#list .row")
    expect(rows).to_have_count(3)
    for box in rows.locator(".pick input").all()[1:]:
        box.evaluate(_PRESS)  # seen only under the pointer
    desk.locator("#bulk button[value=resolve]").click()
    expect(rows).to_have_count(1, timeout=_LONG)
    expect(desk.locator("#bulk")).to_be_hidden()
