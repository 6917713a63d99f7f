from __future__ import annotations

from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from click.testing import CliRunner, Result

from tests.cast import PASSWORD
from tradewind.core.errors import OperatorError
from tradewind.identity import services as identity
from tradewind.identity.models import AuditEntry, Membership, Person, Workspace
from tradewind.identity.scope import in_workspace
from tradewind.project.cli.main import cli

AT = ("--workspace", "Islelight")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def refused(*words: str) -> str:
    result = run(*words)
    assert isinstance(result.exception, OperatorError), result.output
    return str(result.exception)


def test_a_token_is_printed_once_and_opens_its_workspace(cast: SimpleNamespace) -> None:
    made = run("token", "create", "--name", "shop", "--scope", "triage", "--workspace", "islelight")
    secret = made.stdout.strip()
    actor = identity.find_token_actor(secret)
    assert actor is not None
    assert (actor.workspace_id, actor.scopes) == (cast.workspace.pk, {"triage"})
    listed = run("token", "list", "--workspace", "Islelight").stdout
    assert "shop" in listed
    assert secret not in listed


def test_a_revoked_token_opens_nothing(cast: SimpleNamespace) -> None:
    words = ("--workspace", "Islelight")
    secret = run("token", "create", "--name", "shop", "--scope", "triage", *words).stdout.strip()
    assert run("token", "revoke", "shop", *words).exit_code == 0
    assert identity.find_token_actor(secret) is None
    assert "no token" in refused("token", "revoke", "shop", *words)


def test_an_unknown_scope_is_named_with_those_there_are(cast: SimpleNamespace) -> None:
    said = refused(
        "token", "create", "--name", "x", "--scope", "sending", "--workspace", "Islelight"
    )
    assert "sending" in said
    assert "messages:write" in said


def test_of_several_workspaces_one_must_be_named(cast: SimpleNamespace) -> None:
    assert "--workspace" in refused("token", "list")
    said = refused("token", "list", "--workspace", "Nowhere")
    assert "Nowhere" in said
    assert "Islelight" in said


def test_the_only_workspace_that_is_no_sample_needs_no_name(cast: SimpleNamespace) -> None:
    Workspace.objects.filter(pk=cast.other.pk).update(is_sample=True)
    assert "alice@example.com" in run("person", "list").stdout


def test_what_the_operator_does_is_in_the_audit_log(cast: SimpleNamespace) -> None:
    run("person", "add", "mei@example.com", "--role", "agent", "--workspace", "Islelight")
    with in_workspace(cast.workspace.pk):
        assert AuditEntry.objects.filter(act="person.added", person=None).exists()


def test_an_added_person_signs_in_with_the_printed_password(cast: SimpleNamespace) -> None:
    words = ("--role", "lead", "--workspace", "Islelight")
    password = run("person", "add", "Mei@Example.com", *words).stdout.strip()
    mei = Person.objects.get(email="mei@example.com")
    assert mei.check_password(password)
    with in_workspace(cast.workspace.pk):
        assert Membership.objects.get(person=mei).role == "lead"


def test_a_person_of_another_workspace_keeps_their_password(cast: SimpleNamespace) -> None:
    added = run(
        "person", "add", "charlie@example.com", "--role", "agent", "--workspace", "Islelight"
    )
    assert added.stdout == ""
    assert Person.objects.get(email="charlie@example.com").check_password(PASSWORD)


def test_a_new_password_replaces_the_old_one(cast: SimpleNamespace) -> None:
    password = run("person", "password", "BOB@example.com").stdout.strip()
    bob = Person.objects.get(email="bob@example.com")
    assert bob.check_password(password)
    assert not bob.check_password(PASSWORD)


def test_the_operator_takes_away_a_lost_second_step(cast: SimpleNamespace) -> None:
    totp.TOTP.activate(cast.people.bob, totp.generate_totp_secret())
    assert "password alone" in run("person", "no-second-step", "BOB@example.com").stdout
    assert not Authenticator.objects.exists()
    assert "no second step" in refused("person", "no-second-step", "bob@example.com")
    assert "nobody" in refused("person", "no-second-step", "eve@example.com")


@pytest.mark.parametrize("address", ["mei", "mei@", "a b@example.com"])
def test_what_is_no_address_is_refused_by_its_name(cast: SimpleNamespace, address: str) -> None:
    assert address in refused("person", "add", address, "--role", "agent", *AT)
