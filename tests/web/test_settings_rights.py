"""Every address of the settings, walked by everybody who might try it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tradewind.channels import services as channels
from tradewind.channels.models import Delivery
from tradewind.channels.sealing import seal_body
from tradewind.commerce import stores
from tradewind.identity import colleagues
from tradewind.identity import services as identity
from tradewind.identity.models import AuditEntry
from tradewind.identity.roles import RIGHTS, Right
from tradewind.identity.scope import in_workspace
from tradewind.triage.problem_map import current_map
from tradewind.web.auth import NEEDED
from tradewind.web.settings_pages.urls import urlpatterns

SECRET = "not-to-be-seen-4711"
PLACES = {pattern.name: pattern for pattern in urlpatterns}


@pytest.fixture
def furnished(in_alices: SimpleNamespace) -> SimpleNamespace:
    """Alice's workspace with one of everything that has a page."""
    alice = in_alices.alice
    mailbox = channels.create_channel(
        alice,
        platform="email",
        name="support@example.com",
        config={"address": "support@example.com"},
        secrets_given={"password": SECRET, "smtp_password": SECRET},
    )
    Delivery.objects.create(
        channel=mailbox,
        dedupe_key="k1",
        transport="mail",
        state="failed",
        error="<script>alert(1)</script>",
        body=seal_body(b"x", channel_id=mailbox.pk, dedupe_key="k1"),
    )
    in_alices.channel = mailbox
    in_alices.shop = channels.create_channel(
        alice,
        platform="shopify",
        name="Shop",
        secrets_given={"client_secret": SECRET, "access_token": SECRET},
    )
    in_alices.store = stores.save_store(alice, name="Harbor DE", platform="amazon")
    in_alices.team = colleagues.save_team(alice, name="Night")
    in_alices.token = identity.create_token(name="ERP", scopes=["triage"], by=alice)
    in_alices.bob_place = next(
        m for m in identity.people_of(in_alices.workspace.pk) if m.person.name == "Bob"
    )
    current_map()
    return in_alices


def signed_in(cast: SimpleNamespace, name: str) -> Client:
    client = Client()
    client.force_login(
        getattr(cast.people, name), "allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def address(name: str, cast: SimpleNamespace) -> str:
    known = {
        "channel_id": cast.channel.pk,
        "membership_id": cast.bob_place.pk,
        "team_id": cast.team.pk,
        "store_id": cast.store.pk,
        "token_id": cast.token.token.pk,
        "version": 1,
        "code": "logistics",
        "step": "servers",
    }
    wanted = PLACES[name].pattern.converters
    return reverse(name, kwargs={key: known[key] for key in wanted})


def test_strangers_are_sent_to_sign_in(furnished: SimpleNamespace) -> None:
    for name in PLACES:
        url = address(name, furnished)
        answer = Client().get(url)
        if answer.status_code == 405:
            answer = Client().post(url)
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/account/login/?next="), name


@pytest.mark.parametrize("who", ["alice", "lena", "bob", "rita"])
def test_each_role_opens_what_it_may(furnished: SimpleNamespace, who: str) -> None:
    role, client = getattr(furnished, who).membership.role, signed_in(furnished, who)
    for name, place in PLACES.items():
        url, may = address(name, furnished), _needed(place.callback) <= RIGHTS[role]
        answer = client.get(url)
        if answer.status_code == 405 and not may:
            answer = client.post(url)
        assert answer.status_code in ((200, 302, 405) if may else (403,)), name


def test_another_workspace_finds_nothing_of_ours(furnished: SimpleNamespace) -> None:
    charlie = signed_in(furnished, "charlie")
    before = AuditEntry.objects.count()
    for name in (n for n in PLACES if "<" in str(PLACES[n].pattern)):
        url = address(name, furnished)
        for answer in (charlie.get(url), charlie.post(url, {"state": "paused", "name": "Mine"})):
            assert b"Harbor DE" not in answer.content, name
            assert b"support@example.com" not in answer.content, name
            if "/map/" not in url:  # every workspace has a map of its own
                assert answer.status_code in (404, 405), name
    with in_workspace(furnished.workspace.pk):
        assert AuditEntry.objects.count() == before
        furnished.channel.refresh_from_db()
        assert furnished.channel.state == "draft"


def test_no_page_shows_a_kept_secret_or_runs_what_a_row_says(furnished: SimpleNamespace) -> None:
    alice = signed_in(furnished, "alice")
    for name in PLACES:
        body = alice.get(address(name, furnished)).content
        assert SECRET.encode() not in body, name
        assert furnished.token.secret.encode() not in body, name
        assert b"<script>alert" not in body, name


def test_the_shop_page_has_its_secrets_as_empty_fields(furnished: SimpleNamespace) -> None:
    body = signed_in(furnished, "alice").get(reverse("settings_connect", args=[furnished.shop.pk]))
    assert b'name="secret:client_secret"' in body.content
    assert SECRET.encode() not in body.content
    assert body["Cache-Control"] == "no-store"


def test_the_navigation_shows_only_what_one_may(furnished: SimpleNamespace) -> None:
    page = signed_in(furnished, "rita").get(reverse("settings_profile")).content.decode()
    assert reverse("settings_map") in page
    for name in ("settings_people", "settings_channels", "settings_tokens", "settings_audit"):
        assert f'href="{reverse(name)}"' not in page


def test_a_removed_person_opens_nothing_any_more(furnished: SimpleNamespace) -> None:
    bob = signed_in(furnished, "bob")
    assert bob.get(reverse("settings_profile")).status_code == 200
    identity.remove_person(furnished.alice, furnished.bob_place.pk)
    assert bob.get(reverse("settings_profile")).status_code == 403


def _needed(view: Any) -> frozenset[Right]:
    """The rights that the guard around a view asks for."""
    while not hasattr(view, NEEDED):
        view = view.__wrapped__
    return frozenset(getattr(view, NEEDED))
