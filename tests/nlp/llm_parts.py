"""A reader that asks a scripted model, with a memory instead of a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from tradewind.nlp.contract import INTENTS, Reading, Text
from tradewind.nlp.llm.contract import Answer, Chat, Opinion, Question
from tradewind.nlp.llm.reader import LanguageModelReader
from tradewind.nlp.reader import default_reader

MEANINGS = {code: code.partition(".")[2].replace("_", " ") for code in INTENTS}
VAGUE = "hm, it is still the same thing with my grey one"


def opinion(**changes: Any) -> dict[str, Any]:
    """What a model that behaves says of one message."""
    return {
        "quote": "the same thing",
        "intent": "product.defect",
        "confidence": 0.8,
        "also": [],
        "complaint": "implicit",
        "emotion": "disappointed",
        "threats": [],
        "urgency": "normal",
    } | changes


class Unsure:
    """The first reader, made unsure of everything."""

    version = "unsure"

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        readings = default_reader().read(texts)
        for reading in readings:
            reading.confidence = 0.2
        return readings


class Scripted:
    """``say`` gets the messages by id and gives the text of the answer."""

    model = "scripted"

    def __init__(self, say: Callable[[Mapping[str, Any]], str]) -> None:
        self.say, self.asked = say, list[Question]()

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return Answer(self.say(orjson.loads(question.messages)), tokens=100)


def saying(**changes: Any) -> Scripted:
    """A model that says the same of every message."""
    return Scripted(
        lambda messages: orjson.dumps({id_: opinion(**changes) for id_ in messages}).decode()
    )


class Memory:
    """Cache, budget and breaker of one test."""

    def __init__(self, *, calls: int = 100, failures: int = 3) -> None:
        self.opinions: dict[str, Opinion] = {}
        self.calls, self.failures, self.tokens = calls, failures, 0

    def find(self, keys: Sequence[str]) -> Mapping[str, Opinion]:
        return {key: self.opinions[key] for key in keys if key in self.opinions}

    def keep(self, opinions: Mapping[str, Opinion]) -> None:
        self.opinions |= opinions

    def take(self, tokens: int) -> bool:
        if self.calls == 0:
            return False
        self.calls -= 1
        self.tokens += tokens
        return True

    def settle(self, *, taken: int, used: int) -> None:
        self.tokens += used - taken

    def is_off(self) -> bool:
        return self.failures == 0

    def note(self, *, worked: bool) -> None:
        self.failures = 3 if worked else self.failures - 1


def reader_with(chat: Chat, memory: Memory | None = None) -> LanguageModelReader:
    memory = memory or Memory()
    return LanguageModelReader(
        Unsure(), chat, MEANINGS, cache=memory, budget=memory, breaker=memory
    )
