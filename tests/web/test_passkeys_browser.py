"""A passkey from its making to its end, with Chromium's own authenticator in place of a finger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD, make_cast
from tests.web.browsing import MARKS, is_accessible, signed_in_page

pytestmark = MARKS

INBOX = ".frame--inbox"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def bobs_page(transactional_db: None) -> Iterator[Page]:
    make_cast()
    where = {"place": "/settings/profile/", "ready": "#second-step", "host": "localhost"}
    with signed_in_page("bob@example.com", **where) as (page, _):
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        yield page


def _prove_it_is_you(page: Page) -> None:
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def _add(page: Page, name: str) -> None:
    """A passkey is made in the profile, and recovery codes come with the first."""
    page.goto("/settings/profile/")
    page.locator("#second-step li", has_text="Passkeys").get_by_role("link").click()
    _prove_it_is_you(page)
    page.fill("input[name=name]", name)
    is_accessible(page)
    page.click("#mfa_webauthn_add")
    expect(page.locator("#codes li")).to_have_count(10)
    page.goto("/settings/profile/")
    expect(page.locator("#second-step")).to_contain_text("1 key")


def _sign_out(page: Page) -> None:
    page.goto("/account/logout/")
    page.locator("main form[action='/account/logout/'] button").click()
    page.wait_for_selector("#passkey_login")


def _sign_in_with_the_password_first(page: Page) -> None:
    page.fill("input[name=login]", "bob@example.com")
    _prove_it_is_you(page)
    page.click("#mfa_webauthn_authenticate")
    page.wait_for_selector(INBOX)


def _remove(page: Page) -> None:
    """A key goes after a question, and the second step with the last."""
    page.goto("/settings/profile/")
    page.locator("#second-step li", has_text="Passkeys").get_by_role("link").click()
    expect(page.locator(".keys")).to_contain_text("Bob’s telephone")
    page.locator(".keys").get_by_role("link", name="Remove").click()
    _prove_it_is_you(page)
    page.locator(".settings__main button", has_text="Remove").click()
    expect(page.locator(".settings__main")).to_contain_text("No keys yet")


def test_a_passkey_is_made_signs_in_both_ways_and_is_removed(bobs_page: Page) -> None:
    page = bobs_page
    _add(page, "Bob’s telephone")
    _sign_out(page)
    _sign_in_with_the_password_first(page)
    _sign_out(page)
    page.click("#passkey_login")
    page.wait_for_selector(INBOX)
    _remove(page)
    assert not Authenticator.objects.filter(type="webauthn").exists()
    # The device still has it and offers it: the desk says that it is of no use.
    _sign_out(page)
    page.click("#passkey_login")
    expect(page.locator(".messages")).to_contain_text("was removed")
    page.fill("input[name=login]", "bob@example.com")
    _prove_it_is_you(page)
    page.wait_for_selector(INBOX)


def test_a_passkey_that_is_not_there_is_told_and_not_swallowed(bobs_page: Page) -> None:
    page = bobs_page
    _sign_out(page)
    said = page.locator("[data-passkey=NotAllowedError]")
    expect(said).to_be_hidden()
    page.click("#passkey_login")
    expect(said).to_be_visible()
