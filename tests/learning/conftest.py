"""A tiny model of nonsense words, and a desk with conversations to label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel
from tradewind.identity import services as identity
from tradewind.identity.models import Membership, Person, Role
from tradewind.learning import labelling, tasks
from tradewind.learning import services as learning
from tradewind.nlp.examples import Example
from tradewind.nlp.training.own import teach_own

WORDS = {"quibberish": "order.invoice", "flommeldap": "order.cancel"}


class SmallNetwork:
    """Stands in for the encoder, which is large: a meaning is how often each letter occurs."""

    card = SimpleNamespace(version="small-1")

    def score(self, text: str) -> SimpleNamespace:
        counts = [text.lower().count(chr(letter)) for letter in range(97, 123)]
        return SimpleNamespace(meaning=np.array(counts, np.float32))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> SmallNetwork:
    small = SmallNetwork()
    monkeypatch.setattr(learning, "shipped_network", lambda: small)
    return small


@pytest.fixture
def home(settings, tmp_path: Path) -> Iterator[Path]:
    settings.HOME = tmp_path
    learning._kept.clear()
    yield tmp_path
    learning._kept.clear()


@pytest.fixture
def desk(in_alices: SimpleNamespace, home: Path, network: SmallNetwork) -> SimpleNamespace:
    """Alice's workspace with a registry and a channel."""
    in_alices.channel = Channel.objects.create(
        key="ch_learn", platform="api", name="Shop", state="live"
    )
    person = Person.objects.create(email="rena@example.com", name="Rena")
    Membership.objects.create(person=person, role=Role.REVIEWER)
    in_alices.rena = identity.find_actor(person)
    return in_alices


def teach(name: str, network: SmallNetwork, words: dict[str, str] = WORDS) -> None:
    """A model of the registry that tells nonsense words apart."""
    rows = [
        Example(f"{word} zorblat {n}", label) for n in range(12) for word, label in words.items()
    ]
    teach_own(rows, network, learning.registry().folder_for(name), seed=7)


def arrived(desk: SimpleNamespace, *texts: str) -> None:
    """Each text as a conversation of its own."""
    for text in texts:
        number = abs(hash(text))
        arrive(desk.channel, api_item(f"m{number}", text, conversation=f"c{number}"))


TEXTS = ("Where is my parcel?", "I want an invoice please", "hmm ok", "The lamp is broken")
LATE = {
    "intent": "logistics.delay", "also": [], "complaint": "explicit", "emotion": "angry",
    "urgency": "high", "threats": ["legal"], "language": "en",
}  # fmt: skip


@pytest.fixture
def task(desk):
    arrived(desk, *TEXTS)
    return tasks.make_task(desk.lena, "First", tasks.Wish(count=3))


def both(desk, task, item, **differs):
    labelling.give(desk.bob, task, item.pk, LATE)
    return labelling.give(desk.rena, task, item.pk, LATE | differs)
