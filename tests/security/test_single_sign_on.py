"""Signing in at an issuer of one's own, over real HTTP: only whom a colleague added comes in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.security.issuer import CLIENT, SECRET, Issuer, running_issuer
from tradewind.identity.models import Person

ALICE = {"sub": "u1", "email": "alice@example.com", "email_verified": True, "name": "Alice"}


@pytest.fixture
def issuer(cast: SimpleNamespace, settings: Any) -> Iterator[Issuer]:
    with running_issuer() as issuer:
        env = replace(
            settings.ENV,
            oidc_issuer=issuer.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
        )
        ours = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"] | {"APPS": env.oidc_apps}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": ours}
        yield issuer


def begin(client: Client) -> str:
    """Where the button leads."""
    url = reverse("openid_connect_login", kwargs={"provider_id": "oidc"})
    answer = client.post(url)
    assert answer.status_code == 302, answer.content[:300]
    return str(answer["Location"])


def come_back(client: Client, at_issuer: str) -> HttpResponse:
    """Say yes at the issuer and go where it sends the browser."""
    back = httpx.get(at_issuer, trust_env=False).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def signed_in(client: Client) -> str:
    person = Person.objects.filter(pk=client.session.get("_auth_user_id") or 0).first()
    return person.email if person else ""


def test_whom_a_colleague_added_comes_in_by_the_verified_address(issuer: Issuer) -> None:
    issuer.claims = ALICE
    client = Client()
    asked = parse_qs(urlsplit(at := begin(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert come_back(client, at).status_code == 302
    assert signed_in(client) == "alice@example.com"
    # Known by the issuer's number from now on, whatever the address becomes.
    issuer.claims = ALICE | {"email": "alice.married@example.com"}
    again = Client()
    come_back(again, begin(again))
    assert signed_in(again) == "alice@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        ALICE | {"email_verified": False},
        ALICE | {"email": "nobody@example.com"},
        {"sub": "u1", "name": "Alice"},
    ],
    ids=["not verified", "not a colleague", "no address"],
)
def test_nobody_else_comes_in_and_nobody_is_made(issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    people, client = Person.objects.count(), Client()
    assert come_back(client, begin(client)).status_code < 500
    assert signed_in(client) == ""
    assert Person.objects.count() == people


@pytest.mark.parametrize(
    "wrong", [{"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}], ids=str
)
def test_a_token_that_is_not_for_us_lets_nobody_in(issuer: Issuer, wrong: dict[str, Any]) -> None:
    issuer.claims, issuer.token_claims = ALICE, wrong
    client = Client()
    assert come_back(client, begin(client)).status_code < 500
    assert signed_in(client) == ""


def test_an_answer_nobody_asked_for_lets_nobody_in(issuer: Issuer) -> None:
    issuer.claims = ALICE
    mine, theirs = Client(), Client()
    at = begin(mine)
    assert come_back(theirs, at).status_code < 500
    assert signed_in(theirs) == ""
