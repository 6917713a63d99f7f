"""Buyers' messages of our own, labelled: what the built-in reader learns from and is judged by.

``train/`` and ``held_out/`` hold a JSONL file a language; nothing learns from ``held_out/``.
``negative.jsonl`` holds what is not after-sales at all. What the fields mean: ``RULES.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal
from zlib import crc32

import orjson

from tradewind.nlp.contract import Text

Part = Literal["train", "held_out"]
KEPT_BACK = 20
"""One in so many messages of the train part is not learned from, to calibrate on."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message and what is true of it.

    ``entities`` are (kind, start, end) of ``text`` in code points; kinds are ``order_id``,
    ``tracking_id`` and ``sku``. ``group`` is the language's file, ``language`` a BCP 47 tag.
    """

    text: str
    group: str
    language: str
    intent: str
    also: tuple[str, ...]
    complaint: str
    emotion: str
    threats: tuple[str, ...]
    urgency: str
    entities: tuple[tuple[str, int, int], ...] = ()

    def as_text(self) -> Text:
        """The message as a reader is given it."""
        return Text(text=self.text)

    def numbers(self, kind: str) -> set[str]:
        """The numbers of one kind, as the buyer typed them."""
        return {self.text[start:end] for found, start, end in self.entities if found == kind}


def groups() -> tuple[str, ...]:
    """The names of the language files, sorted."""
    return tuple(sorted(each.name.removesuffix(".jsonl") for each in _folder("held_out").iterdir()))


def read(part: Part, group: str) -> list[Labelled]:
    """The messages of one language's file, in its order."""
    return [_row(line, group) for line in _lines(_folder(part) / f"{group}.jsonl")]


def read_all(part: Part) -> Iterator[Labelled]:
    """Every language's messages, language by language."""
    for group in groups():
        yield from read(part, group)


def is_kept_back(row: Labelled) -> bool:
    """Whether a message of the train part is for calibrating; drawn by the text itself."""
    return crc32(row.text.encode()) % KEPT_BACK == 0


def read_negative() -> list[Labelled]:
    """Messages that have nothing to do with a shop, in many languages."""
    return [_row(line, "negative") for line in _lines(_root() / "negative.jsonl")]


@cache
def _root() -> Traversable:
    return files("tradewind.nlp.corpus")


def _folder(part: Part) -> Traversable:
    return _root() / part


def _lines(path: Traversable) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines() if line]


def _row(line: bytes, group: str) -> Labelled:
    return labelled(orjson.loads(line), group)


def labelled(found: dict[str, Any], group: str) -> Labelled:
    """A row of JSON as a labelled message; absent fields are empty, calm and normal."""
    return Labelled(
        text=found["text"],
        group=group,
        language=found["language"],
        intent=found["intent"],
        also=tuple(found.get("also", ())),
        complaint=found.get("complaint", "none"),
        emotion=found.get("emotion", "calm"),
        threats=tuple(found.get("threats", ())),
        urgency=found.get("urgency", "normal"),
        entities=tuple((kind, start, end) for kind, start, end in found.get("entities", ())),
    )
