"""The workspace in a real browser against the real ASGI root, with everything between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.journey_helpers import api_item, arrive
from tests.web.browsing import MARKS, bobs_desk, is_accessible
from tradewind.channels.models import Channel
from tradewind.commerce.models import Store
from tradewind.identity.models import Person
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, Message, Outgoing
from tradewind.journey import reply

pytestmark = MARKS


@pytest.fixture
def desk(transactional_db, settings) -> Iterator[tuple[Page, str]]:
    claims = [f"Parcel {n} never arrived, I open an A-to-z claim!" for n in range(3)]
    with bobs_desk(*claims) as desk:
        yield desk


def _arrives(page: Page, address: str) -> None:
    """A message arrives and its row appears without a reload."""
    rows = page.locator("#list .row")
    page.evaluate("window.same = true")
    page.wait_for_timeout(800)
    arrive(page.channel, api_item("new", "The lamp burns! It is smoking!", conversation="c-new"))
    bob = Person.objects.get(email="bob@example.com")
    Conversation.objects.filter(preview__startswith="The lamp").update(assignee=bob)
    arrive(page.channel, api_item("new2", "Please answer, it is dangerous", conversation="c-new"))
    expect(rows).to_have_count(4, timeout=8000)
    assert page.evaluate("window.same")


def _arrives_in_a_filtered_list(page: Page, address: str) -> None:
    """What passes the filter appears by itself, what does not stays away."""
    page.goto(f"{address}/?view=all&store={Store.objects.get().pk}&sort=newest")
    expect(page.locator("#list .row")).to_have_count(4)
    page.evaluate("window.same = true")
    page.wait_for_timeout(800)
    other = Channel.objects.create(key="ch_other", platform="api", name="Other", state="live")
    arrive(other, api_item("other", "Of another store", conversation="c-other"))
    arrive(page.channel, api_item("new3", "Where is it, please?", conversation="c-new3"))
    expect(page.locator("#list .row").first).to_contain_text("Where is it", timeout=8000)
    expect(page.locator("#list .row")).to_have_count(5)
    assert page.evaluate("window.same")
    page.goto(f"{address}/?view=mine")
    expect(page.locator("#list .row").first).to_be_visible()


# A row redrawn between asking for its conversation and the answer.
REDRAWN = """async () => {
  const { placeRow } = await import("/static/tradewind/js/rows.js");
  const row = document.querySelector("#list .row[data-id]");
  const { id, rank } = row.dataset;
  const html = row.outerHTML;
  row.toggleAttribute("data-was");
  row.querySelector(".row__link").click();
  placeRow({ id, rank, in: ["mine", "all"], assignee: row.parentElement.dataset.me, html });
}"""


def _opens_whole_though_its_row_is_redrawn(page: Page, address: str) -> None:
    """The panel beside comes, and then the row's new look."""
    page.evaluate(REDRAWN)
    expect(page.locator("#aside-body")).to_be_visible()
    expect(page.locator("#list .row[data-was]")).to_have_count(0)
    page.goto(f"{address}/?view=mine")
    expect(page.locator("#list .row").first).to_be_visible()


def _opens_by_keyboard(page: Page, address: str) -> None:
    """The keyboard opens the first and the next."""
    page.keyboard.press("j")
    expect(page.locator("#thread[data-id]")).to_be_visible()
    first = page.locator("#thread").get_attribute("data-id")
    page.keyboard.press("j")
    expect(page.locator("#thread")).not_to_have_attribute("data-id", first or "")
    expect(page.locator("#context")).to_have_count(1)


def _writes_and_sends(page: Page, address: str) -> None:
    """A reply is written, kept as a draft, sent, undone, sent again and accepted."""
    page.keyboard.press("r")
    page.keyboard.type("We are looking for it and answer tomorrow.")
    expect(page.locator("[data-saved]")).to_have_text("Saved", timeout=6000)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("10")
    expect(page.locator("#log .ours")).to_contain_text("answer tomorrow")
    page.locator(".toast button").click()
    expect(page.locator("#composer [data-text]")).to_have_value(
        "We are looking for it and answer tomorrow.", timeout=6000
    )
    expect(page.locator("#log .ours")).to_have_count(0)
    assert not Outgoing.objects.exists()
    page.locator("#composer [data-send]:enabled").click()
    expect(page.locator("#log .ours")).to_contain_text("answer tomorrow")
    Outgoing.objects.update(next_try_at=timezone.now())
    reply.send_due()
    expect(page.locator("#log .ours .say__foot")).to_contain_text("accepted", timeout=8000)
    assert Message.objects.filter(direction="out").count() == 1


def _corrects(page: Page, address: str) -> None:
    """One click corrects the reading."""
    page.locator("#log .reading .link").first.click()
    page.locator("#correcting button", has_text="Defect").first.click()
    expect(page.locator("#log .reading").first).to_contain_text("Defect", timeout=6000)


def _fits_a_telephone(page: Page, address: str) -> None:
    """On a telephone nothing sticks out, and one comes back from the thread to the list."""
    rows = page.locator("#list .row")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/")
    expect(rows.first).to_be_visible()
    rows.first.click()
    expect(page.locator("#thread #composer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-do=back]").click()
    expect(rows.first).to_be_visible()


def _speaks_chinese(page: Page, address: str) -> None:
    """The same desk in Chinese."""
    page.set_viewport_size({"width": 1440, "height": 900})
    Person.objects.filter(email="bob@example.com").update(language="zh-hans")
    page.goto(f"{address}/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".view[aria-current]")).to_contain_text("我的")


def test_a_day_at_the_desk(desk: tuple[Page, str]) -> None:
    # One browser for the whole day: signing in is slow on purpose.
    page, address = desk
    expect(page.locator("#list .row")).to_have_count(3)
    # Playwright's task has a context of its own, in which no workspace is entered.
    with in_workspace(page.channel.workspace_id):
        _arrives(page, address)
        _arrives_in_a_filtered_list(page, address)
        _opens_whole_though_its_row_is_redrawn(page, address)
        _opens_by_keyboard(page, address)
        _writes_and_sends(page, address)
        _corrects(page, address)
    is_accessible(page)
    _fits_a_telephone(page, address)
    _speaks_chinese(page, address)


# What was fetched ahead comes late, and something else on the page settles meanwhile.
SLOW_AHEAD = """() => {
  const { fetch } = window;
  window.fetch = async (url, options, ...more) => {
    const late = options?.headers?.Purpose === "prefetch";
    if (late) await new Promise((done) => setTimeout(done, 900));
    return fetch(url, options, ...more);
  };
}"""


def test_the_next_one_opens_though_another_still_settles(desk: tuple[Page, str]) -> None:
    page, _ = desk
    page.locator("tw-command:defined").wait_for(state="attached")
    page.evaluate(SLOW_AHEAD)
    page.keyboard.press("j")
    expect(page.locator("#thread[data-id]")).to_be_visible()
    first = page.locator("#thread").get_attribute("data-id") or ""
    page.keyboard.press("j")
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:afterSettle'))")
    expect(page.locator("#thread")).not_to_have_attribute("data-id", first)
    shown = page.locator("#thread").get_attribute("data-id")
    expect(page.locator("#list .row.is-open")).to_have_attribute("data-id", shown or "")
