"""Signing in with a second step, being locked out, tokens, members, one's own settings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from tests.cast import PASSWORD
from tradewind.identity import services as identity
from tradewind.identity.models import AuditEntry, Membership, Person, Token
from tradewind.identity.scope import in_workspace

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LOGIN = "/account/login/"


def signed_in(cast: SimpleNamespace, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast.people, name), BACKEND)
    return client


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR="198.51.100.7")


def figures(secret: str) -> str:
    return f"{totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))):06d}"


def test_the_second_step_is_asked_for_and_let_through(cast: SimpleNamespace) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(cast.people.bob, secret)
    client = Client()
    answer = sign_in(client, "bob@example.com")
    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("settings_profile")).status_code == 302
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    right = client.post(reverse("mfa_authenticate"), {"code": figures(secret)})
    assert right.status_code == 302
    assert b"bob@example.com" in client.get(reverse("settings_profile")).content


def test_an_app_is_set_up_on_our_pages_and_brings_recovery_codes(cast: SimpleNamespace) -> None:
    client = Client()
    sign_in(client, "bob@example.com")
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith("/account/reauth")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert b"data:image/svg+xml" in page.content
    done = client.post(reverse("mfa_activate_totp"), {"code": figures(secret)})
    assert done.status_code == 302
    assert client.get(reverse("mfa_index"))["Location"].startswith(reverse("settings_profile"))
    for name in ("mfa_view_recovery_codes", "mfa_add_webauthn", "mfa_list_webauthn"):
        assert client.get(reverse(name)).status_code == 200, name
    assert b"6" in client.get(reverse("settings_profile")).content
    kept = str([one.data for one in cast.people.bob.authenticator_set.all()])
    assert kept.count("sealed:") == 2
    assert secret not in kept
    code = RecoveryCodes(cast.people.bob.authenticator_set.get(type="recovery_codes"))
    fresh = Client()
    sign_in(fresh, "bob@example.com")
    fresh.post(reverse("mfa_authenticate"), {"code": code.get_unused_codes()[0]})
    assert fresh.get(reverse("settings_profile")).status_code == 200


def test_passkeys_are_offered_only_where_a_browser_makes_them(
    cast: SimpleNamespace, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    at_a_number = Client().get(LOGIN, headers={"host": "127.0.0.1:8000"}).content
    assert b"passkey_login" not in at_a_number
    assert b"passkey_login" not in Client().get(LOGIN, headers={"host": "desk.example"}).content
    assert b"passkey_login" in Client().get(LOGIN, headers={"host": "localhost:8000"}).content
    over_tls = Client().get(LOGIN, headers={"host": "desk.example"}, secure=True).content
    assert b"passkey_login" in over_tls
    bob = signed_in(cast, "bob")
    bob.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = bob.get(reverse("mfa_add_webauthn"), headers={"host": "127.0.0.1:8000"}).content
    assert b"only for a name" in page
    assert b"mfa_webauthn_add" not in page


def test_eight_wrong_passwords_lock_the_account_even_for_the_right_one(
    cast: SimpleNamespace,
) -> None:
    client = Client()
    for _ in range(7):
        assert sign_in(client, "bob@example.com", "wrong password 1").status_code == 200
    locked = sign_in(client, "bob@example.com", "wrong password 1")
    assert locked.status_code == 429
    assert sign_in(client, "bob@example.com").status_code == 429
    assert sign_in(client, "lena@example.com").status_code == 302


def test_a_token_is_shown_once_and_works_until_revoked(cast: SimpleNamespace) -> None:
    client = signed_in(cast, "alice")
    given = {"name": "ERP <b>", "scopes": ["messages:write", "triage"], "days": "30"}
    made = client.post(reverse("settings_tokens"), given)
    secret = made.context["made"].secret
    assert made.content.decode().count(secret) >= 1
    again = client.get(reverse("settings_tokens")).content.decode()
    assert secret not in again
    assert "ERP &lt;b&gt;" in again
    actor = identity.find_token_actor(secret)
    assert actor is not None
    assert actor.workspace_id == cast.workspace.pk
    with in_workspace(cast.workspace.pk):
        token = Token.objects.get()
    client.post(reverse("settings_token_revoke", args=[token.pk]))
    assert identity.find_token_actor(secret) is None


def test_a_token_without_scopes_is_not_made(cast: SimpleNamespace) -> None:
    answer = signed_in(cast, "alice").post(reverse("settings_tokens"), {"name": "x", "days": "30"})
    assert answer.context["form"].errors["scopes"]
    with in_workspace(cast.workspace.pk):
        assert not Token.objects.exists()


def test_a_new_member_signs_in_with_the_password_shown_once(cast: SimpleNamespace) -> None:
    client = signed_in(cast, "alice")
    given = {"email": "mei@example.com", "name": "梅", "role": "agent", "capacity": "40"}
    page = client.post(reverse("settings_person_new"), {**given, "languages": "de, pt-BR"})
    password = page.context["password"]
    assert password.encode() in page.content
    fresh = Client()
    assert sign_in(fresh, "mei@example.com", password).status_code == 302
    with in_workspace(cast.workspace.pk):
        member = Membership.objects.get(person__email="mei@example.com")
        entry = AuditEntry.objects.get(act="person.added")
    assert (member.languages, member.capacity) == (["de", "pt-BR"], 40)
    assert password not in str(entry.detail)


def test_nobody_but_an_owner_makes_owners_and_the_last_owner_stays(cast: SimpleNamespace) -> None:
    with in_workspace(cast.workspace.pk):
        Membership.objects.filter(person=cast.people.lena).update(role="admin")
        bob = Membership.objects.get(person=cast.people.bob)
        alice = Membership.objects.get(person=cast.people.alice)
    lena = signed_in(cast, "lena")
    url = reverse("settings_person", args=[bob.pk])
    page = {"role": "owner", "capacity": "60"}
    assert lena.post(url, page).status_code == 403
    assert lena.post(reverse("settings_person_password", args=[alice.pk])).status_code == 403
    assert lena.post(reverse("settings_person_remove", args=[alice.pk])).status_code == 403
    owner = signed_in(cast, "alice")
    owner.post(reverse("settings_person_remove", args=[alice.pk]))
    with in_workspace(cast.workspace.pk):
        assert Membership.objects.filter(pk=alice.pk, role="owner").exists()


def test_who_lost_the_second_step_gets_in_without_it_once_it_is_taken_away(
    cast: SimpleNamespace,
) -> None:
    secret = totp.generate_totp_secret()
    RecoveryCodes.activate(cast.people.bob)
    totp.TOTP.activate(cast.people.bob, secret)
    with in_workspace(cast.workspace.pk):
        bob = Membership.objects.get(person=cast.people.bob)
    place, off = (reverse(f"settings_person{end}", args=[bob.pk]) for end in ("", "_second_step"))
    owner = signed_in(cast, "alice")
    assert off in owner.get(place).content.decode()
    owner.post(off)
    assert off not in owner.get(place).content.decode()
    bobs = Client()
    assert sign_in(bobs, "bob@example.com")["Location"] != reverse("mfa_authenticate")
    assert bobs.get(reverse("settings_profile")).status_code == 200
    with in_workspace(cast.workspace.pk):
        assert AuditEntry.objects.filter(act="person.second_step_removed").count() == 1


def test_the_second_step_of_owners_and_of_people_from_elsewhere_stays(
    cast: SimpleNamespace,
) -> None:
    with in_workspace(cast.workspace.pk):
        Membership.objects.filter(person=cast.people.lena).update(role="admin")
        charlie = Membership.objects.create(person=cast.people.charlie, role="agent")
        alice = Membership.objects.get(person=cast.people.alice)
    for person in (cast.people.charlie, cast.people.alice):
        totp.TOTP.activate(person, totp.generate_totp_secret())
    lena = signed_in(cast, "lena")
    for member, answer in ((charlie, 302), (alice, 403)):
        url = reverse("settings_person_second_step", args=[member.pk])
        assert lena.post(url).status_code == answer
    assert Authenticator.objects.count() == 2


def test_the_password_of_somebody_who_works_elsewhere_too_is_not_ours_to_set(
    cast: SimpleNamespace,
) -> None:
    with in_workspace(cast.workspace.pk):
        place = Membership.objects.create(person=cast.people.charlie, role="agent")
    client = signed_in(cast, "alice")
    client.post(reverse("settings_person_password", args=[place.pk]))
    assert Person.objects.get(pk=cast.people.charlie.pk).check_password(PASSWORD)


def test_language_and_looks_are_kept_with_the_person(cast: SimpleNamespace) -> None:
    client = signed_in(cast, "rita")
    given = {
        "name": "Rita",
        "language": "zh-hans",
        "timezone": "Europe/Berlin",
        "theme": "light",
        "density": "normal",
    }
    client.post(reverse("settings_profile"), given)
    assert client.post(reverse("look"), {"theme": "dark"}).status_code == 204
    page = client.get(reverse("settings_profile")).content.decode()
    assert 'lang="zh-Hans"' in page
    assert 'data-theme="dark"' in page
    assert "个人资料" in page
    assert client.post(reverse("look"), {"theme": "neon"}).status_code == 422


def test_signing_out_elsewhere_ends_the_other_browsers_only(cast: SimpleNamespace) -> None:
    here, there = signed_in(cast, "bob"), signed_in(cast, "bob")
    other = signed_in(cast, "lena")
    here.post(reverse("settings_sign_out"))
    assert here.get(reverse("settings_profile")).status_code == 200
    assert there.get(reverse("settings_profile")).status_code == 302
    assert other.get(reverse("settings_profile")).status_code == 200


def test_changing_the_password_wants_the_old_one(cast: SimpleNamespace) -> None:
    client, url = signed_in(cast, "bob"), reverse("settings_password")
    new = {"new_password1": "a longer battery", "new_password2": "a longer battery"}
    client.post(url, {"old_password": "guessed", **new})
    assert Person.objects.get(pk=cast.people.bob.pk).check_password(PASSWORD)
    client.post(url, {"old_password": PASSWORD, **new})
    assert Person.objects.get(pk=cast.people.bob.pk).check_password("a longer battery")
    assert client.get(reverse("settings_profile")).status_code == 200


def test_one_goes_only_to_workspaces_of_ones_own(cast: SimpleNamespace) -> None:
    with in_workspace(cast.workspace.pk):
        Membership.objects.create(person=cast.people.charlie, role="read_only")
    client, url = signed_in(cast, "charlie"), reverse("switch_workspace")
    profile = reverse("settings_profile")
    assert client.get(profile).wsgi_request.actor.workspace_id == cast.other.pk
    client.post(url, {"workspace": cast.workspace.pk, "next": "https://evil.example/"})
    assert client.get(profile).wsgi_request.actor.workspace_id == cast.workspace.pk
    assert client.get(reverse("settings_people")).status_code == 403
    assert signed_in(cast, "bob").post(url, {"workspace": cast.other.pk}).status_code == 404


def test_the_audit_log_is_filtered_paged_and_exported_harmlessly(cast: SimpleNamespace) -> None:
    with in_workspace(cast.workspace.pk):
        for number in range(120):
            identity.audit(cast.alice, "store.changed", name=f"=cmd{number}")
        identity.audit(cast.bob, "conversation.read", subject=cast.workspace)
    client, url = signed_in(cast, "alice"), reverse("settings_audit")
    first = client.get(url)
    assert len(first.context["rows"]) == 100
    second = client.get(url, {"before": first.context["older"]})
    assert len(second.context["rows"]) == 21
    assert len(client.get(url, {"person": cast.people.bob.pk}).context["rows"]) == 1
    sheet = client.get(reverse("settings_audit_export"), {"act": "store.changed"})
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 121
    assert not any(cell.startswith("=") for line in lines for cell in line.split(","))
