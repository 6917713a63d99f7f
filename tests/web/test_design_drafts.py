"""Drafts in a real browser, against the small desk: what is written outlives what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web import test_design_scripts as scripts
from tests.web.test_design_scripts import Desk, open_first

pytestmark = scripts.pytestmark
address, tab, desk = scripts.address, scripts.tab, scripts.desk

COMPOSER = """<form id="composer" data-composer data-person="7" data-draft-url="/draft/{n}"
 data-limit="100" hx-post="/write/{n}" hx-target="this" hx-swap="outerHTML">
 <input type="hidden" name="kind" value="reply">
 <button type="button" data-mode="reply">Reply</button>
 <button type="button" data-mode="note">Note</button>
 <textarea data-text name="text"></textarea><span data-saved></span>
 <button data-send name="then" value="">Send</button><button data-send-close name="then"
 value="close">Send and close</button></form>"""
THREAD = '<main id="thread" data-id="{n}">' + COMPOSER + "</main>"
SEND = "**/write/*"
DRAFT = "**/draft/*"


@pytest.fixture
def page(desk: Page, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setattr(scripts, "THREAD", THREAD)
    open_first(desk)
    yield desk
    desk.unroute_all()


def answer(status: int, text: str = "") -> Callable[[Route], None]:
    """A server that says this; 0 is none."""
    return lambda route: route.fulfill(status=status, body=text) if status else route.abort()


def writes(page: Page, text: str) -> None:
    page.keyboard.press("r")
    page.keyboard.type(text)


def opens(page: Page, key: str, number: int) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press(key)
    expect(page.locator("#thread")).to_have_attribute("data-id", str(number))


def has(page: Page, text: str) -> None:
    expect(page.locator("[data-text]")).to_have_value(text)


def says(page: Page, text: str) -> None:
    expect(page.locator("[data-saved]")).to_contain_text(text, timeout=15_000)


def copies(page: Page) -> list[str]:
    names: list[str] = page.evaluate("Object.keys(localStorage).filter(k => /draft/.test(k))")
    return names


def test_a_note_left_for_the_reply_within_two_seconds_stays_a_note(page: Page) -> None:
    page.locator("[data-mode=note]").click()
    page.keyboard.type("Do not refund")
    page.locator("[data-mode=reply]").click()
    says(page, "Saved")
    assert copies(page) == []
    opens(page, "j", 2)
    opens(page, "k", 1)
    has(page, "")


def test_a_note_that_was_not_saved_comes_back_under_its_own_tab(page: Page) -> None:
    page.route(DRAFT, answer(0))
    page.locator("[data-mode=note]").click()
    page.keyboard.type("Do not refund")
    page.locator("[data-mode=reply]").click()
    says(page, "Not saved")
    opens(page, "j", 2)
    opens(page, "k", 1)
    expect(page.locator("#composer")).not_to_have_class("is-note")
    has(page, "")
    page.locator("[data-mode=note]").click()
    has(page, "Do not refund")
    page.unroute_all()
    says(page, "Saved")
    assert copies(page) == []


def test_a_session_that_ended_is_said_and_the_copy_stays(page: Page) -> None:
    page.route(DRAFT, answer(401))
    writes(page, "Dear Ms Voss")
    says(page, "signed out")
    expect(page.locator(".toast")).to_contain_text("signed out")
    assert copies(page) == ["tradewind:draft:7:/draft/1:reply"]
    page.route(SEND, lambda route: route.fulfill(headers={"HX-Redirect": "/c/login"}))
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/c/login")
    assert copies(page) == ["tradewind:draft:7:/draft/1:reply"]
    page.wait_for_function("customElements.get('tw-command') && window.htmx")
    page.unroute_all()
    open_first(page)
    has(page, "Dear Ms Voss")
    says(page, "Saved")


def test_a_colleague_at_the_same_browser_sees_nothing_of_it(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.route(DRAFT, answer(401))
    writes(page, "Dear Ms Voss")
    says(page, "signed out")
    monkeypatch.setattr(scripts, "THREAD", THREAD.replace('data-person="7"', 'data-person="8"'))
    opens(page, "j", 2)
    opens(page, "k", 1)
    has(page, "")
    assert copies(page) == ["tradewind:draft:7:/draft/1:reply"]


def test_a_page_that_the_draft_was_led_to_is_no_yes(page: Page) -> None:
    page.evaluate("""() => { const { fetch } = window; window.fetch = (url, ...more) =>
      fetch(url.startsWith("/draft") ? "/led" : url, ...more).then((answer) =>
        Object.defineProperty(answer, "redirected", { value: url.startsWith("/draft") })); }""")
    writes(page, "Dear Ms Voss")
    says(page, "signed out")
    assert copies(page) == ["tradewind:draft:7:/draft/1:reply"]


@pytest.mark.parametrize(
    ("status", "told"), [(409, "(409)"), (422, "(422)"), (500, "(500)"), (0, "No answer")]
)
def test_what_could_not_be_sent_is_saved_at_once(page: Page, status: int, told: str) -> None:
    page.route(SEND, answer(status))
    writes(page, "We refund")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast", has_text=told)).to_be_visible()
    says(page, "Saved")
    assert "We refund" in dict(Desk.sent)["/draft/1"]
    page.unroute_all()
    page.route(SEND, answer(200, COMPOSER.format(n=1)))
    page.keyboard.press("Control+Enter")
    has(page, "")
    assert copies(page) == []


def test_what_was_refused_is_there_when_one_comes_back(page: Page) -> None:
    page.route(SEND, answer(409))
    page.route(DRAFT, answer(0))
    writes(page, "We refund")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast").first).to_be_visible()
    opens(page, "j", 2)
    has(page, "")
    opens(page, "k", 1)
    has(page, "We refund")


def test_who_types_without_a_pause_is_saved_meanwhile(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    types(page, keys=12)
    assert not any("/draft/1" in url for url in asked)
    types(page, keys=20)
    assert any("/draft/1" in url for url in asked)


def types(page: Page, keys: int) -> None:
    """A key every 400 ms of the page's own time."""
    for _ in range(keys):
        page.evaluate("""() => {
          const text = document.querySelector("[data-text]");
          text.value += "x";
          text.dispatchEvent(new Event("input", { bubbles: true }));
        }""")
        page.clock.run_for(400)


def test_the_keys_of_send_and_close_press_that_button(page: Page) -> None:
    writes(page, "We refund")
    with page.expect_request(SEND) as asked:
        page.keyboard.press("Control+Shift+Enter")
    assert "then=close" in (asked.value.post_data or "")


def test_a_thread_fetched_ahead_is_read_anew_after_a_draft(page: Page) -> None:
    opens(page, "j", 2)
    opens(page, "k", 1)
    opens(page, "j", 2)
    before = Desk.asked.count("/thread/2")
    writes(page, "We refund")
    opens(page, "k", 1)
    opens(page, "j", 2)
    assert Desk.asked.count("/thread/2") > before


def test_an_undo_waits_for_the_draft_under_way(page: Page) -> None:
    page.evaluate("""() => { const { fetch } = window; window.fetch = async (url, ...more) => {
      if (url.startsWith("/draft")) await new Promise((done) => setTimeout(done, 700));
      return fetch(url, ...more); };
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Out", undo: "/undo" } }));
    }""")
    writes(page, "And then")
    with page.expect_response("**/undo"):
        page.locator(".toast button").click()
    assert [path for path, _ in Desk.sent][-2:] == ["/draft/1", "/undo"]
