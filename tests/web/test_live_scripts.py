"""What the stream does to the list, in a real browser against the small desk of the scripts."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.test_design_scripts import (  # noqa: F401 — fixtures
    CHROMIUM,
    ROW,
    Desk,
    address,
    desk,
    open_first,
    row_of,
    say,
    tab,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
SHOWN = "[...document.querySelectorAll('#list .row')].map(r => r.dataset.id)"
# Rows of the real desk are not read again one by one either.
NARROW = """() => {
  for (const row of document.querySelectorAll("#list .row")) row.removeAttribute("data-live");
  const list = document.getElementById("list");
  list.dataset.rowsUrl = "/rows?view=claims";
  list.toggleAttribute("data-narrowed", true);
}"""


class Server:
    """Answers for the rows of a list: those that belong into it, in their order."""

    def __init__(self, page: Page, *belonging: int) -> None:
        self.belonging = list(belonging)
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        page.evaluate(NARROW)
        page.route("**/rows?*", self._answer)

    def _answer(self, route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        ids = ",".join(query.get("ids", []))
        self.asked.append(ids)
        wanted = [n for n in self.belonging if not ids or str(n) in ids.split(",")]
        html = "".join(ROW.format(n=n, mark="asked") for n in wanted)
        route.fulfill(body=html, content_type="text/html", headers=self.headers)


def _events(page: Page, number: int, *ids: int) -> None:
    rows = [row_of(id_, rank=f"2026-01-0{id_}") for id_ in ids]
    say(number, {"topics": ["list"], "rows": rows})


def test_what_no_longer_passes_a_filter_leaves_with_one_question(desk: Page) -> None:  # noqa: F811
    server = Server(desk, 2, 4)
    desk.locator('.row[data-id="1"] input').check()
    for number, id_ in enumerate((1, 2, 3, 4, 5), start=10):
        _events(desk, number, id_)
    expect(desk.locator('.row[data-id="4"]')).to_be_visible(timeout=9000)
    assert desk.evaluate(SHOWN) == ["2", "4"]
    assert server.asked == ["1,2,3,4,5"]
    expect(desk.locator("#list")).not_to_have_class("is-picking")


@pytest.mark.parametrize("narrowed", [False, True])
def test_the_open_one_stays_until_it_is_left(desk: Page, narrowed: bool) -> None:  # noqa: F811
    if narrowed:
        Server(desk, 2, 3)
    open_first(desk)
    closed = row_of(1, rank="2026-01-09") | {"in": ["resolved"]}
    say(10, {"rows": [closed]})
    row = desk.locator('.row[data-id="1"]')
    expect(row).to_contain_text("told")
    expect(desk.locator('.row[data-left][data-id="1"]')).to_have_count(1, timeout=9000)
    assert desk.evaluate(SHOWN) == ["1", "2", "3"]
    desk.keyboard.press("j")
    expect(desk.locator("#thread")).to_have_attribute("data-id", "2")
    expect(row).to_have_count(0)
    expect(desk.locator("#list .is-open")).to_have_attribute("data-id", "2")


def test_one_that_belongs_again_stays_when_it_is_left(desk: Page) -> None:  # noqa: F811
    open_first(desk)
    say(10, {"rows": [row_of(1, rank="2026-01-01", assignee=8)]})
    expect(desk.locator(".row[data-left]")).to_have_count(1)
    say(11, {"rows": [row_of(1, rank="2026-01-01")]})
    expect(desk.locator(".row[data-left]")).to_have_count(0)
    desk.keyboard.press("j")
    expect(desk.locator("#thread")).to_have_attribute("data-id", "2")
    assert desk.evaluate(SHOWN) == ["1", "2", "3"]


def test_an_answer_that_leads_to_the_sign_in_page_takes_no_row_away(desk: Page) -> None:  # noqa: F811
    server = Server(desk)
    server.headers = {"HX-Redirect": "/account/login/"}
    _events(desk, 10, 1, 2)
    expect(desk.locator('.row[data-id="2"]')).to_contain_text("told")
    desk.wait_for_timeout(1200)
    assert server.asked == ["1,2"]
    assert desk.evaluate(SHOWN) == ["1", "2", "3"]


def test_a_gap_reads_the_list_again_and_keeps_what_one_does_there(desk: Page) -> None:  # noqa: F811
    server = Server(desk, 5, 2, 4)
    open_first(desk)
    desk.keyboard.press("r")
    desk.keyboard.type("Liebe Frau")
    desk.locator('.row[data-id="2"] input').check()
    desk.locator("[data-text]").focus()
    Desk.news.put("id: 90\nevent: gap\ndata: {}\n\n")
    expect(desk.locator('.row[data-id="5"]')).to_be_visible(timeout=9000)
    # The open one is not among them: the server is asked for it, and it goes when it is left.
    assert desk.evaluate(SHOWN) == ["1", "5", "2", "4"]
    expect(desk.locator('.row[data-left][data-id="1"]')).to_have_count(1, timeout=9000)
    assert server.asked == ["", "1"]
    expect(desk.locator("#list .is-open")).to_have_attribute("data-id", "1")
    expect(desk.locator('.row.is-picked[data-id="2"] input')).to_be_checked()
    expect(desk.locator("[data-text]")).to_have_value("Liebe Frau")
    expect(desk.locator("[data-text]")).to_be_focused()
    # What is older than the gap is known already.
    say(89, {"rows": [row_of(3, rank="2026-01-03")]})
    say(91, {"rows": [row_of(2, rank="2026-01-02")]})
    expect(desk.locator('.row[data-id="2"]')).to_contain_text("told")
    assert desk.evaluate(SHOWN) == ["1", "5", "2", "4"]
