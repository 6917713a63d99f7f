"""A real browser before the real server: what every test that drives Chromium begins with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.cast import PASSWORD, make_cast
from tests.web.inbox_helpers import conversation, make_channel
from tests.web.inbox_server import serving
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation

CHROMIUM = shutil.which("chromium")
MARKS = [
    pytest.mark.browser,
    pytest.mark.usefixtures("served_without_collecting"),
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


@contextmanager
def signed_in_page(
    email: str, *, place: str, ready: str, host: str = "127.0.0.1"
) -> Iterator[tuple[Page, str]]:
    """A page of somebody signed in, once ``ready`` is on it; no script may fail meanwhile."""
    with serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        address = address.replace("127.0.0.1", host)
        page = browser.new_context(locale="en-GB", base_url=address).new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}{place}")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(ready)
        yield page, address
        assert not faults
        browser.close()


def is_accessible(page: Page) -> None:
    """Axe finds nothing serious."""
    found = Axe().run(page)
    bad = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert not bad, [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in bad]


@contextmanager
def bobs_desk(*texts: str, place: str = "/") -> Iterator[tuple[Page, str]]:
    """Bob before his inbox, a conversation of his for each text; the page knows the ``channel``."""
    cast = make_cast()
    with in_workspace(cast.workspace.pk):
        channel = make_channel()
        for number, text in enumerate(texts):
            conversation(channel, f"m{number}", text)
        Conversation.objects.update(assignee=cast.people.bob)
        with signed_in_page("bob@example.com", place=place, ready="#list .row") as (page, address):
            page.channel = channel
            # Playwright's task has a context of its own, in which no workspace is entered.
            with in_workspace(cast.workspace.pk):
                yield page, address
