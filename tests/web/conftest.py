"""What tests of the workspace begin with: a channel, a conversation on it, an agent's browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from tests.web.inbox_helpers import conversation, make_channel, signed_in
from tradewind.channels.models import Channel
from tradewind.inbox.models import Conversation


@pytest.fixture
def channel(in_alices: SimpleNamespace) -> Channel:
    return make_channel()


@pytest.fixture
def found(channel: Channel) -> Conversation:
    return conversation(channel)


@pytest.fixture
def bob(in_alices: SimpleNamespace) -> Client:
    return signed_in(in_alices.people.bob)
