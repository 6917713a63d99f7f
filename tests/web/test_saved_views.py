"""A filter that was given a name can be forgotten again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.cast import make_cast
from tests.web.browsing import MARKS, is_accessible, signed_in_page
from tests.web.inbox_helpers import conversation, make_channel, signed_in
from tradewind.identity.scope import in_workspace
from tradewind.inbox import overview
from tradewind.inbox.models import SavedView


def test_a_view_is_removed_by_who_saved_it_alone(in_alices, bob):
    view = overview.save_view(in_alices.bob, name="Germany", query="view=all&country=DE")
    address = f"/inbox/views/{view.pk}/drop"
    assert f'hx-post="{address}"' in bob.get("/inbox/views?view=all").content.decode()
    assert signed_in(in_alices.people.lena).post(address).status_code == 404
    answer = bob.post(address)
    assert "views-changed" in answer["HX-Trigger"]
    assert not SavedView.objects.exists()


@pytest.fixture
def page(transactional_db, settings):
    cast = make_cast()
    with in_workspace(cast.workspace.pk):
        conversation(make_channel())
        overview.save_view(cast.bob, name="Germany", query="view=all&country=DE")
        ready = "#list .row"
        with signed_in_page("bob@example.com", place="/?view=all", ready=ready) as (page, _):
            page.set_viewport_size({"width": 1600, "height": 900})
            yield page


class TestInTheBrowser:
    pytestmark = MARKS

    def test_by_keyboard_it_asks_before_the_view_goes(self, page):
        view = page.locator("#views").get_by_role("link", name="Germany")
        expect(view).to_be_visible(timeout=20_000)
        view.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        sure = page.locator("#views .popover .btn--danger")
        expect(sure).to_be_visible(timeout=10_000)
        is_accessible(page)
        page.keyboard.press("Tab")
        expect(sure).to_be_focused()
        page.keyboard.press("Enter")
        expect(view).to_have_count(0, timeout=20_000)
        assert not SavedView.objects.exists()
