"""Signing in as an attacker tries it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as live
from django.db import connection
from django.test import Client

from tests.cast import PASSWORD

LOGIN = "/account/login/"


def try_to(client: Client, name: str, password: str, **meta: str) -> Any:
    return client.post(LOGIN, {"login": f"{name}@example.com", "password": password}, **meta)


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/settings/profile/").status_code == 200)


def test_the_session_of_before_is_not_the_session_of_after(cast: SimpleNamespace) -> None:
    client = Client()
    client.cookies["sessionid"] = "a" * 32  # chosen by somebody else
    client.get(LOGIN)
    try_to(client, "alice", PASSWORD)
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != "a" * 32
    thief = Client()
    thief.cookies["sessionid"] = "a" * 32
    assert not is_signed_in(thief)


def test_guessing_is_locked_out_for_the_guesser_alone(cast: SimpleNamespace) -> None:
    guesser = Client()
    answers = [try_to(guesser, "alice", "wrong", REMOTE_ADDR="203.0.113.9") for _ in range(9)]
    assert answers[-1].status_code == 429
    assert try_to(guesser, "alice", PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 429
    at_home = Client()
    assert try_to(at_home, "alice", PASSWORD, REMOTE_ADDR="198.51.100.1").status_code == 302
    assert try_to(Client(), "bob", PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_a_made_up_header_neither_frees_the_guesser_nor_blames_another(
    cast: SimpleNamespace,
) -> None:
    for n in range(9):
        header = {"HTTP_X_FORWARDED_FOR": f"198.51.100.{n}"}
        last = try_to(Client(), "alice", "wrong", REMOTE_ADDR="203.0.113.9", **header)
    assert last.status_code == 429
    for n in range(9):
        assert try_to(Client(), "alice", PASSWORD, REMOTE_ADDR=f"198.51.100.{n}").status_code == 302


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(
    cast: SimpleNamespace, settings: Any
) -> None:
    from dataclasses import replace

    settings.ENV = replace(live.ENV, proxies=1)
    for n in range(9):
        header = {"HTTP_X_FORWARDED_FOR": f"198.51.100.{n}, 203.0.113.9"}
        last = try_to(Client(), "alice", "wrong", REMOTE_ADDR="10.0.0.1", **header)
    assert last.status_code == 429
    honest = {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    assert try_to(Client(), "alice", PASSWORD, REMOTE_ADDR="10.0.0.1", **honest).status_code == 302


def test_nobody_learns_who_has_an_account(cast: SimpleNamespace) -> None:
    def said(form: dict[str, str]) -> tuple[int, str, bytes]:
        client = Client()
        answer = client.post(LOGIN, form)
        there = answer.headers.get("Location", "")
        body = client.get(there).content if there else answer.content
        for each in form.values():
            body = body.replace(each.encode(), b"")
        return answer.status_code, there, _without_tokens(body)

    known, unknown = (
        said({"login": f"{name}@example.com", "password": "wrong-4711"})
        for name in ("alice", "nobo1")
    )
    assert known == unknown


def test_no_link_is_promised_that_no_mail_would_bring(cast: SimpleNamespace) -> None:
    page = Client().get("/account/password/reset/").content.decode()
    assert "administrator" in page
    assert 'name="email"' not in page
    assert (
        Client().post("/account/password/reset/", {"email": "bob@example.com"}).status_code == 405
    )


def _without_tokens(body: bytes) -> bytes:
    import re

    return re.sub(rb'(csrfmiddlewaretoken" value|nonce|X-CSRFToken": )="?[^">]*', b"", body)


@pytest.fixture
def with_app(cast: SimpleNamespace) -> SimpleNamespace:
    TOTP.activate(cast.people.alice, generate_totp_secret())
    return cast


def test_the_second_step_cannot_be_walked_around(with_app: SimpleNamespace) -> None:
    client = Client()
    answer = try_to(client, "alice", PASSWORD)
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    for url in ("/", "/settings/", "/buyers/", "/account/2fa/", "/account/2fa/recovery-codes/",
                "/account/2fa/totp/deactivate/", "/account/reauthenticate/"):  # fmt: skip
        for answer in (client.get(url), client.post(url, {"password": PASSWORD})):
            assert answer.status_code in (302, 405), url
            assert "/account/" in answer.headers.get("Location", "/account/"), url
    assert not is_signed_in(client)


def test_codes_of_the_second_step_cannot_be_guessed_for_long(with_app: SimpleNamespace) -> None:
    client = Client()
    try_to(client, "alice", PASSWORD)
    said = [
        client.post("/account/2fa/authenticate/", {"code": f"{n:06d}"}).content.decode()
        for n in range(7)
    ]
    assert "Incorrect code" in said[0]
    assert "Too many" in said[6]
    # Another session, another address: it is counted by the person.
    other = Client()
    try_to(other, "alice", PASSWORD, REMOTE_ADDR="198.51.100.1")
    again = other.post("/account/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "Too many" in again
    # Not in the memory of one process: several serve the same desk.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_cache WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone() == (1,)


def test_an_address_is_not_ones_own_to_change(cast: SimpleNamespace) -> None:
    client = Client()
    try_to(client, "bob", PASSWORD)
    for url in ("/account/email/", "/account/password/change/", "/account/password/set/"):
        assert client.get(url).status_code == 404
        given = {"email": "new.boss@example.com", "action_add": "", "oldpassword": PASSWORD,
                 "password1": "another-one-4711", "password2": "another-one-4711"}  # fmt: skip
        assert client.post(url, given).status_code == 404


def test_nobody_signs_up(cast: SimpleNamespace) -> None:
    from tradewind.identity.models import Person

    before = Person.objects.count()
    given = {"email": "x@example.com", "password1": "long-enough-4711"}
    Client().post("/account/signup/", given | {"password2": given["password1"]})
    assert Person.objects.count() == before
