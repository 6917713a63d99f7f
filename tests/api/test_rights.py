"""Every operation of the OpenAPI document, asked by everyone who may not.

The walk is computed from the document: a new operation is covered by itself, and one whose
parameters or body the walk cannot fill fails here until it is told how.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.conftest import Program, token_in
from tradewind.api.access import SECURITY_NAME
from tradewind.api.documents import schema
from tradewind.channels.models import Delivery
from tradewind.identity import services as identity
from tradewind.identity.models import Token
from tradewind.identity.roles import Scope
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Attachment, Conversation, Message, Outgoing
from tradewind.inbox.storage import file_store

BODIES: dict[str, Any] = {
    "handInMessages": {"external_id": "walk", "from": {"name": "A"}, "text": "Hello"},
    "readTexts": [{"text": "Where is my parcel?"}],
    "writeReply": {"text": "We are on it."},
    "changeConversation": {"state": "resolved"},
}


def operations() -> list[Any]:
    found = []
    for path, methods in schema()["paths"].items():
        for method, told in methods.items():
            found.append(pytest.param(method.upper(), path, told, id=told["operationId"]))
    return found


def scopes_of(told: dict[str, Any]) -> set[str]:
    return {scope for need in told["security"] for scope in need[SECURITY_NAME]}


@pytest.fixture
def ids(cast, conversation) -> dict[str, int]:
    """Something of Alice's for each parameter of a path."""
    with in_workspace(cast.workspace.pk):
        file_store().put("walk", b"secret of Alice")
        attachment = Attachment.objects.create(
            message_id=conversation.message, name="a.txt", storage_key="walk"
        )
    return {
        "conversation_id": conversation.id,
        "message_id": conversation.message,
        "attachment_id": attachment.pk,
    }


def ask(program: Program, method: str, path: str, told: dict[str, Any], ids: dict[str, int]) -> Any:
    body = BODIES[told["operationId"]] if "requestBody" in told else None
    return program.ask(method, path.removeprefix("/api/v1").format(**ids), body)


@pytest.fixture
def kept(cast) -> Iterator[None]:
    """Nothing of Alice's may be other than before."""

    def state() -> Any:
        with in_workspace(cast.workspace.pk):
            return (
                list(Conversation.objects.values_list("id", "state", "message_count")),
                Message.objects.count(),
                Outgoing.objects.count(),
                Delivery.objects.count(),
            )

    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize(("method", "path", "told"), operations())
class TestEveryOperation:
    def test_is_closed_without_a_living_token(self, method, path, told, ids, kept, cast):
        revoked, expired = token_in(cast.workspace), token_in(cast.workspace)
        with in_workspace(cast.workspace.pk):
            identity.revoke_token(cast.alice, revoked.token.pk)
            Token.objects.filter(pk=expired.token.pk).update(expires_at="2020-01-01T00:00Z")
        wrong = ["tw_wrong", "", "\xff\xfe", "a" * 5000, revoked.token.prefix]
        for secret in [None, *wrong, revoked.secret, expired.secret]:
            answer = ask(Program(secret), method, path, told, ids)
            assert answer.status_code == 401, secret
            assert answer["WWW-Authenticate"] == "Bearer"
            assert answer["Content-Type"] == "application/problem+json"

    def test_is_closed_to_cookies(self, method, path, told, ids, kept, cast, client):
        client.force_login(
            cast.people.alice, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        answer = client.generic(method, path.format(**ids), b"{}", content_type="application/json")
        assert answer.status_code == 401

    def test_shows_a_stranger_nothing(self, method, path, told, ids, kept, strangers_program):
        answer = ask(strangers_program, method, path, told, ids)
        if "{" in path:
            assert answer.status_code == 404
        assert b"1Z999AA10123456784" not in answer.content
        assert b"Anna Keller" not in answer.content
        assert b"secret of Alice" not in answer.content

    def test_opens_to_its_own_scopes_alone(self, method, path, told, ids, cast):
        opened = set()
        for scope in Scope:
            program = Program(token_in(cast.workspace, scope).secret)
            status = ask(program, method, path, told, ids).status_code
            assert status < 300 or status == 403
            opened |= {scope} if status < 300 else set()
        assert opened == scopes_of(told)


def test_every_operation_names_scopes_that_there_are():
    named = [scopes_of(operation.values[2]) for operation in operations()]
    assert all(scopes and scopes <= set(Scope) for scopes in named)
    assert set().union(*named) == set(Scope)
