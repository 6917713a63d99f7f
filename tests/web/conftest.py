"""What tests of the workspace begin with: a channel, a conversation on it, an agent's browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.web.inbox_helpers import conversation, make_channel, signed_in
from tradewind.channels.models import Channel
from tradewind.inbox.models import Conversation

PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Pages are rendered without collecting the static files first."""
    settings.STORAGES = settings.STORAGES | PLAIN


@pytest.fixture
def served_without_collecting(
    settings: Any, plain_static: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The static files as they lie in the source, for a browser that drives this very process."""
    # Playwright runs its event loop in the test's own thread.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The middlewares were built with the settings of the run; only the lookup of files changes.
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def channel(in_alices: SimpleNamespace) -> Channel:
    return make_channel()


@pytest.fixture
def found(channel: Channel) -> Conversation:
    return conversation(channel)


@pytest.fixture
def bob(in_alices: SimpleNamespace) -> Client:
    return signed_in(in_alices.people.bob)


@pytest.fixture
def rita(in_alices: SimpleNamespace) -> Client:
    return signed_in(in_alices.people.rita)
