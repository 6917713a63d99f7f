"""The last reader against a real model: form, labels, time and fall-back; never wording."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

import orjson
import pytest

from tests.nlp.llm_parts import MEANINGS, VAGUE, Memory, Unsure, reader_with
from tests.nlp.llm_server import weights
from tests.nlp.test_llm import INJECTIONS
from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, INTENTS, THREATS, URGENCIES, Text
from tradewind.nlp.llm.client import HttpChat
from tradewind.nlp.llm.contract import Answer, Question
from tradewind.nlp.llm.prompt import ask_about, rules_for

pytestmark = [
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or weights() is None,
        reason="no language model is installed here: run scripts/test-model",
    ),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.nlp.llm_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield server.stdout.readline().strip()
        server.kill()


def chat_at(origin: str, *, timeout: float) -> HttpChat:
    return HttpChat(f"{origin}/v1", "smollm2", timeout=timeout, private=["127.0.0.0/8"])


class Witness:
    """Keeps what a model said."""

    model = "smollm2"

    def __init__(self, chat: HttpChat) -> None:
        self._chat, self.said = chat, list[Answer]()

    def ask(self, question: Question) -> Answer:
        self.said.append(self._chat.ask(question))
        return self.said[-1]


def test_a_real_model_answers_in_our_form_and_every_reading_stays_in_the_contract(origin):
    chat = Witness(chat_at(origin, timeout=400))
    texts = [Text(VAGUE), Text(INJECTIONS[0]), Text(INJECTIONS[2])]
    reader = reader_with(chat)
    readings = reader.read(texts)
    (answer,) = chat.said
    assert answer.tokens > 300
    assert list(orjson.loads(answer.text)) == ["1", "2", "3"]
    assert (reader.tally.failed, reader.tally.refused, reader.tally.answered) == (0, 0, 3)
    for text, reading in zip(texts, readings, strict=True):
        assert reading.intent in INTENTS
        assert set(reading.also) <= set(INTENTS)
        assert reading.complaint in COMPLAINTS
        assert reading.emotion in EMOTIONS
        assert set(reading.threats) <= set(THREATS)
        assert reading.urgency in URGENCIES
        assert all(text.text[e.start : e.end].strip() for e in reading.evidence)


def test_the_set_of_labels_is_the_servers_law_too(origin):
    few = {code: MEANINGS[code] for code in ("order.cancel", "other.unclear")}
    question = ask_about({"1": ("", INJECTIONS[0])}, rules=rules_for(few), intents=list(few))
    given = orjson.loads(chat_at(origin, timeout=200).ask(question).text)["1"]
    assert given["intent"] in few
    assert set(given["also"]) <= set(few)


def test_a_model_that_is_too_slow_is_left_in_time_and_then_cut_off(origin):
    memory = Memory()
    reader = reader_with(chat_at(origin, timeout=0.2), memory)
    texts = [Text(f"{n}: {VAGUE}") for n in range(40)]
    begun = time.monotonic()
    assert reader.read(texts) == Unsure().read(texts)
    assert time.monotonic() - begun < 10
    assert (reader.tally.failed, reader.tally.unasked) == (24, 16)
    assert memory.is_off()
