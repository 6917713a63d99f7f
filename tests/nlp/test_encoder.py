"""The deep reader: what it shows as evidence, and that its parts fit one another."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tradewind.nlp.contract import Text
from tradewind.nlp.encoder.evidence import telling_spans
from tradewind.nlp.encoder.network import Network
from tradewind.nlp.encoder.reader import EncoderReader, shipped_network, slices
from tradewind.nlp.linear import SLICES, WIDTH
from tradewind.nlp.reader import default_reader


@pytest.fixture(scope="module")
def network() -> Network:
    found = shipped_network()
    assert found is not None, "the encoder's folder is missing from nlp/models"
    return found


def read(network: Network, text: str, subject: str = "") -> list[tuple[str, str]]:
    """Each evidence as (label, words)."""
    first = default_reader()
    (sight,) = first.look([Text(text, subject=subject)])
    reading = EncoderReader(network).reread(sight, first.judge(sight))
    return [(each.label, text[each.start : each.end]) for each in reading.evidence]


def test_a_labels_score_is_the_sum_of_what_the_pieces_gave(network: Network) -> None:
    scores = network.score("Die Tasse kam in drei Teilen an, der Karton war nass.")
    other = network.score("Wann kommt mein Paket?")
    given, other_given = scores.shares.sum(0), other.shares.sum(0)
    # What remains is the label's own constant, the same for every text.
    assert np.allclose(scores.labels - given, other.labels - other_given, atol=1e-3)


def test_every_field_has_its_labels(network: Network) -> None:
    places = slices(network.card)
    width = network.score("hello").labels.shape[0]
    assert [part.stop - part.start for part in places.values()] == [28, 3, 5, 4, 5]
    assert max(part.stop for part in places.values()) == width


def test_words_of_the_subject_are_not_shown_as_words_of_the_text(network: Network) -> None:
    text = "please help 😡 包裹"
    for _, words in read(network, text, subject="Refund for my broken lamp"):
        assert words.strip()
        assert words in text


def test_whole_words_are_shown_and_neighbours_joined() -> None:
    text = "mein Paket ist zerbrochen"
    spans = [(0, 0), (0, 4), (4, 10), (10, 14), (14, 19), (19, 25), (0, 0)]
    shares = np.array([0, 0, 0.1, 0, 1.0, 0.5, 0], np.float32)
    assert telling_spans(text, spans, shares) == [(15, 25)]
    assert telling_spans("包裹还没到", [(0, 2), (2, 4), (4, 5)], np.array([1, 0.9, 0])) == [(0, 4)]
    assert telling_spans(text, spans, -shares) == []


@pytest.mark.parametrize("text", ["a" * 100_000, "word " * 50_000, "\ud800" * 300, "。" * 9_000])
def test_texts_of_any_length_and_kind_have_scores(network: Network, text: str) -> None:
    scores = network.score(text)
    assert np.isfinite(scores.labels).all()
    assert all(0 <= start <= end <= len(text) for start, end in scores.spans)


def test_the_card_says_how_much_another_reader_and_rare_labels_count(network: Network) -> None:
    first = default_reader()
    (sight,) = first.look([Text("Where is my parcel?")])
    card = network.card
    loud = np.zeros(WIDTH, np.float32)
    loud[SLICES["intent"].start + card.fields["intent"].index("other.spam")] = 50
    quiet: tuple[dict[str, float], dict[str, list[float]]] = ({}, {})
    for (beside, offsets), wanted in (
        (quiet, ("logistics.tracking", "none")),
        (({"intent": 1.0}, {"complaint": [0.0, 90.0, 0.0]}), ("other.spam", "implicit")),
    ):
        changed = replace(card, beside=beside, offsets=offsets)
        other = SimpleNamespace(card=changed, score=network.score)
        helper = SimpleNamespace(scores=lambda _: loud)
        reader = EncoderReader(cast(Any, other), cast(Any, helper))
        reading = reader.reread(sight, first.judge(sight))
        assert (reading.intent, reading.complaint) == wanted
