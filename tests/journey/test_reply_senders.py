"""Several senders at once: each reply leaves once, those of one conversation in their order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.channels.connector_fakes import platform
from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, Outgoing
from tradewind.journey import reply

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = ["First of all: sorry.", "Second: it left yesterday.", "Third: here is the number."]


def all_sent() -> bool:
    return not Outgoing.objects.exclude(state="accepted").exists()


def keep_sending(stop: threading.Event) -> None:
    while not stop.is_set():
        if not reply.send_due():
            stop.wait(0.01)
    connection.close()


@contextmanager
def three_senders() -> Iterator[None]:
    stop = threading.Event()
    senders = [threading.Thread(target=keep_sending, args=(stop,)) for _ in range(3)]
    for thread in senders:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in senders:
            thread.join(10)


@pytest.mark.usefixtures("transactional_db")
def test_three_senders_send_everything_once_and_in_order():
    from tests.cast import make_cast

    cast, dice = make_cast(), random.Random(7)

    def answer(_asked):
        time.sleep(dice.uniform(0, 0.05))
        return 200, {}

    with platform(answer) as fake, in_workspace(cast.workspace.pk):
        channel = Channel.objects.create(
            key="ch_api", platform="api", name="API", state="live",
            config={"callback_url": fake.origin},
        )  # fmt: skip
        arrive(channel, *(api_item(f"m{n}", conversation=f"c{n}") for n in range(4)))
        for text in TEXTS:
            for conversation in Conversation.objects.order_by("id"):
                reply.write(cast.bob, conversation, text)
        with three_senders():
            deadline = time.monotonic() + 20
            while not all_sent() and time.monotonic() < deadline:
                time.sleep(0.05)
        assert all_sent()
    for name in range(4):
        got = [a.json["text"] for a in fake.asked if a.json["conversation"] == f"c{name}"]
        assert got == TEXTS
