"""The bench in a real browser: two messages labelled by nothing but keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.cast import make_cast
from tests.web.browsing import MARKS, is_accessible, signed_in_page
from tests.web.inbox_helpers import conversation, make_channel
from tradewind.identity.scope import in_workspace
from tradewind.learning import labelling, tasks
from tradewind.learning.models import Label

pytestmark = MARKS


@pytest.fixture
def bench(transactional_db, settings, tmp_path) -> Iterator[tuple[Page, str]]:
    settings.HOME = tmp_path
    cast = make_cast()
    with in_workspace(cast.workspace.pk):
        channel = make_channel()
        for n in range(3):
            conversation(channel, f"m{n}", f"Parcel {n} never arrived, I open an A-to-z claim!")
        task = tasks.make_task(cast.lena, "First", tasks.Wish())
        place = f"/learning/tasks/{task.pk}/label/"
        ready = "[data-bench][data-ready]"
        with signed_in_page("lena@example.com", place=place, ready=ready) as (page, address):
            page.cast, page.task = cast, task
            yield page, address


def _key_of(page: Page, value: str) -> str:
    """The key that the button of a choice shows."""
    return page.locator(f".pick1:has(input[value='{value}']) kbd").first.inner_text()


def _says(page: Page, *values: str) -> None:
    for value in values:
        page.keyboard.press(_key_of(page, value))


def _labels(page: Page) -> list[dict[str, object] | None]:
    # Playwright's task has a context of its own, in which no workspace is entered.
    with in_workspace(page.cast.workspace.pk):
        return [label.values for label in Label.objects.order_by("id")]


def _item(page: Page) -> str:
    return page.locator("input[name=item]").get_attribute("value") or ""


def _comes(page: Page, *, other_than: str = "", item: str = "") -> None:
    """Another message has come, and the bench listens."""
    place = page.locator("input[name=item]")
    expect(place).to_have_value(item) if item else expect(place).not_to_have_value(other_than)
    expect(page.locator("[data-bench]")).to_have_attribute("data-ready", "")


def _labels_two_by_keys(page: Page) -> None:
    first = _item(page)
    _says(page, "logistics.not_received", "explicit", "angry", "high", "platform_claim")
    page.keyboard.press("Enter")
    _comes(page, other_than=first)
    second = _item(page)
    # Another problem besides, a slip mended, no threat.
    page.keyboard.press(f"Shift+{_key_of(page, 'payment.refund_request')}")
    _says(page, "logistics.delay")
    page.keyboard.press("Backspace")
    _says(page, "logistics.tracking", "none", "calm", "normal")
    page.keyboard.press("Enter")
    _comes(page, other_than=second)
    said = _labels(page)
    assert said[0] == {
        "intent": "logistics.not_received", "also": [], "complaint": "explicit",
        "emotion": "angry", "urgency": "high", "threats": ["platform_claim"], "language": "en",
    }  # fmt: skip
    assert (said[1]["intent"], said[1]["also"]) == (
        "logistics.tracking", ["payment.refund_request"],
    )  # fmt: skip


def _is_led_to_what_is_not_said(page: Page) -> None:
    _says(page, "logistics.delay", "explicit")
    page.keyboard.press("Enter")
    expect(page.locator(".step.is-here")).to_have_attribute("data-step", "emotion")
    assert len(_labels(page)) == 2


def _takes_back_and_passes_over(page: Page) -> None:
    last = _item(page)
    page.keyboard.press(",")
    _comes(page, other_than=last)
    assert len(_labels(page)) == 1
    page.keyboard.press(".")
    _comes(page, item=last)
    assert _labels(page).count(None) == 1


def test_labelling_by_keyboard_alone(bench):
    page, _ = bench
    is_accessible(page)
    _labels_two_by_keys(page)
    _is_led_to_what_is_not_said(page)
    _takes_back_and_passes_over(page)


def test_the_message_stays_in_sight_while_it_is_labelled_on_a_telephone(bench):
    page, _ = bench
    page.set_viewport_size({"width": 390, "height": 844})
    for step in ("intent", "threats"):
        page.locator(f"[data-step={step}]").evaluate("step => step.scrollIntoView()")
        expect(page.locator(".said")).to_be_in_viewport(ratio=1)
        expect(page.locator("[data-save]")).to_be_in_viewport(ratio=1)
    page.locator("[data-step=complaint]").evaluate("step => step.scrollIntoView()")
    said, step = page.locator(".saying").bounding_box(), page.locator("[data-step=complaint]")
    assert step.bounding_box()["y"] >= said["y"] + said["height"]


def test_every_page_of_learning_is_accessible_in_both_themes_and_fits_a_telephone(bench):
    page, address = bench
    said = {
        "intent": "logistics.delay", "complaint": "none", "emotion": "calm", "urgency": "low",
        "language": "en",
    }  # fmt: skip
    # Playwright's own task has a context of its own, in which no workspace is entered yet.
    with in_workspace(page.cast.workspace.pk):
        item = labelling.find_next(page.cast.lena, page.task)
        labelling.give(page.cast.lena, page.task, item.pk, said)
        labelling.give(page.cast.bob, page.task, item.pk, said | {"emotion": "angry"})
    page.emulate_media(reduced_motion="reduce")  # no colour is measured on its way to another
    own = f"tasks/{page.task.pk}/"
    for place in (
        "",
        "tasks/new/",
        own,
        f"{own}label/",
        f"{own}settle/",
        "models/",
        "models/built-in/",
    ):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{address}/learning/{place}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
        page.set_viewport_size({"width": 1280, "height": 800})
        for theme in ("light", "dark"):
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            is_accessible(page)
