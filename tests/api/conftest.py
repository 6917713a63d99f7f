"""Tokens, a channel, and programs that ask."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.test import Client

from tests.journey_helpers import api_item, arrive
from tradewind.api import access, conversations
from tradewind.channels.models import Channel
from tradewind.identity import services as identity
from tradewind.identity.roles import Scope
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation


class Program:
    """A program with a token, asking Django's own client."""

    def __init__(self, secret: str | None) -> None:
        self.secret = secret
        self._client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask; ``body`` is bytes as they are, or anything that JSON can say."""
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else data,
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PATCH", path, body, **headers)


def token_in(workspace: Any, *scopes: str) -> identity.NewToken:
    """A token of the workspace with these scopes, or with all."""
    with in_workspace(workspace.pk):
        return identity.create_token(name="test", scopes=scopes or list(Scope))


@pytest.fixture(autouse=True)
def _fresh_process(settings):
    """What a process remembers is of the test before; static files are served as they lie."""
    access._REQUESTS._left.clear()
    conversations._audited.clear()
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def program(cast) -> Program:
    """A program of Alice's workspace with every scope."""
    return Program(token_in(cast.workspace).secret)


@pytest.fixture
def strangers_program(cast) -> Program:
    """A program of Charlie's workspace with every scope."""
    return Program(token_in(cast.other).secret)


@pytest.fixture
def channel(cast) -> Channel:
    with in_workspace(cast.workspace.pk):
        return Channel.objects.create(key="ch_api", platform="api", name="API", state="live")


@pytest.fixture
def conversation(cast, channel) -> SimpleNamespace:
    """A conversation of Alice's, with one message of a buyer."""
    with in_workspace(cast.workspace.pk):
        arrive(channel, api_item("m1", "My parcel 1Z999AA10123456784 never arrived!", order="A-77"))
        found = Conversation.objects.get()
        return SimpleNamespace(id=found.pk, message=found.last_message_id)
