"""What is being written survives an ended session, an undo, going to and fro on the real desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.web.browsing import MARKS, bobs_desk
from tradewind.channels.models import Channel
from tradewind.inbox.models import Draft, Message

pytestmark = MARKS
LINE = "We look for it and answer tomorrow."
PATIENCE = 20_000


@pytest.fixture
def page(transactional_db: None) -> Iterator[Page]:
    with bobs_desk(*(f"Parcel {n} never arrived." for n in range(2))) as (page, _):
        page.set_default_timeout(PATIENCE)
        page.locator("tw-command:defined").wait_for(state="attached")
        yield page


def opens(page: Page, key: str = "j") -> None:
    """Another conversation, by its key."""
    before = page.locator("#thread").get_attribute("data-id") or ""
    page.keyboard.press(key)
    expect(page.locator("#composer")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#thread")).not_to_have_attribute("data-id", before, timeout=PATIENCE)


def writes(page: Page, text: str = LINE) -> None:
    page.keyboard.press("r")
    page.keyboard.type(text)


def has_text(page: Page, text: str) -> None:
    expect(page.locator("#composer [data-text]")).to_have_value(text, timeout=PATIENCE)


def says(page: Page, text: str) -> None:
    expect(page.locator("#composer [data-saved]")).to_contain_text(text, timeout=PATIENCE)


def test_the_text_of_an_ended_session_is_there_after_signing_in(page: Page) -> None:
    opens(page)
    writes(page, LINE[:-1])
    Session.objects.all().delete()
    page.keyboard.type(LINE[-1])
    # Whoever types is told, and not led away in the middle of a word by what the desk asks itself.
    page.locator("#log").dispatch_event("fresh")
    says(page, "signed out")
    has_text(page, LINE)
    page.keyboard.press("Escape")
    page.locator("#list .row").nth(1).click()
    page.fill("input[name=login]", "bob@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    has_text(page, LINE)
    says(page, "Saved")
    assert Draft.objects.get().text == LINE


def test_send_and_close_by_its_keys_closes(page: Page) -> None:
    opens(page)
    writes(page)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#log .ours")).to_contain_text(LINE, timeout=PATIENCE)
    assert Message.objects.get(direction="out").conversation.state == "resolved"


def test_a_conversation_left_and_entered_again_shows_its_draft(page: Page) -> None:
    for key in "jjkj":
        opens(page, key)
    writes(page)
    page.keyboard.press("Escape")
    says(page, "Saved")
    opens(page, "k")
    opens(page, "j")
    has_text(page, LINE)


def test_what_was_begun_after_a_reply_stays_when_the_reply_is_taken_back(page: Page) -> None:
    opens(page)
    writes(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#log .ours")).to_contain_text(LINE, timeout=PATIENCE)
    has_text(page, "")
    # A slow line: the draft and the undo would be under way together.
    page.evaluate("""() => {
      const { fetch } = window;
      window.fetch = async (url, ...more) => {
        if (url.endsWith("/draft")) await new Promise((done) => setTimeout(done, 600));
        return fetch(url, ...more);
      };
    }""")
    writes(page, "And then:")
    page.locator(".toast button").click()
    has_text(page, f"{LINE}\n\nAnd then:")
    assert Draft.objects.get().text == f"{LINE}\n\nAnd then:"


def test_a_script_of_somebody_signed_out_hears_so(channel: Channel) -> None:
    stranger = Client(headers={"X-Requested-With": "fetch", "Accept-Language": "zh-CN"})
    answer = stranger.post("/c/1/draft", {"text": LINE})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "登录已失效，请重新登录。"
