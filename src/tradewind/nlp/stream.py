"""The wire form of reading: JSON objects in, JSON lines out, in order, whatever a line holds."""

from __future__ import annotations

import json
import queue
import re
import threading
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from tradewind.nlp.contract import Reader, Reading, Text

_OPTIONAL = ("subject", "channel", "site")
_MAX_WAIT = 0.05
"""Seconds a lone line waits for company: a person typing sees the answer at once."""
_END = None
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class ItemError(ValueError):
    """An object that is not a message to read; ``id`` is the sender's, where one was given."""

    def __init__(self, message: str, *, id: str | int | None = None) -> None:
        super().__init__(message)
        self.id = id


def parse_item(item: object) -> Text:
    """The message an object describes; ``ItemError`` says what came and what was wanted."""
    if not isinstance(item, dict):
        raise ItemError(f"expected a JSON object, got {_kind(item)}")
    given = item.get("id")
    known = given if _is_id(given) else None
    if given is not None and known is None:
        raise ItemError(f'"id": expected text or a whole number, got {_kind(given)}')
    if "text" not in item:
        raise ItemError('"text" is missing: expected the words of the message', id=known)
    for name in ("text", *_OPTIONAL):
        value = item.get(name, "")
        if not isinstance(value, str) and not (value is None and name != "text"):
            raise ItemError(f'"{name}": expected text, got {_kind(value)}', id=known)
    subject, channel, site = (item.get(name) or "" for name in _OPTIONAL)
    return Text(text=item["text"], id=known, subject=subject, channel=channel, site=site)


def load(line: bytes) -> object:
    """What a piece of JSON says, half an emoji let through; ``ValueError`` for what is none."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        refusal = error
    if b"\\u" not in line:
        raise refusal
    try:  # half an emoji, cut by the sender: the standard reader lets it through
        return json.loads(line)
    except (ValueError, RecursionError):
        raise refusal from None


def as_line(reading: Reading, *, id: str | int | None) -> dict[str, Any]:
    """A reading in the promised form (design §7), its id first where the sender gave one."""
    return ({} if id is None else {"id": id}) | reading.as_dict()


def read_items(items: Iterable[object], *, reader: Reader) -> list[dict[str, Any]]:
    """One answer an object, in order: a reading, or ``{"id"?, "error"}`` for a bad one."""
    parsed = [_parsed(item) for item in items]
    good = [text for text in parsed if isinstance(text, Text)]
    readings = iter(reader.read(good))
    return [
        as_line(next(readings), id=each.id) if isinstance(each, Text) else _error(each)
        for each in parsed
    ]


def triage_stream(lines: Iterable[bytes], *, reader: Reader, batch: int = 64) -> Iterator[bytes]:
    """One JSON line (newline included) for each line in, in order; empty lines are skipped.

    Reads up to ``batch`` lines at once and never holds a line back for more than a blink when
    the sender pauses, so that it serves a file and a person typing alike.
    """
    for group in _grouped(lines, size=max(1, batch)):
        items = [_loaded(line) for line in group]
        for answer in read_items(items, reader=reader):
            yield orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


def _grouped(lines: Iterable[bytes], *, size: int) -> Iterator[list[bytes]]:
    waiting: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=4 * size)
    threading.Thread(target=_feed, args=(lines, waiting), daemon=True).start()
    is_open = True
    while is_open:
        group: list[bytes] = []
        line = waiting.get()
        while isinstance(line, bytes):
            group.append(line)
            if len(group) >= size:
                break
            try:
                line = waiting.get(timeout=_MAX_WAIT)
            except queue.Empty:
                break
        if group:
            yield group
        if isinstance(line, Exception):
            raise line
        is_open = line is not _END


def _feed(lines: Iterable[bytes], waiting: queue.Queue[bytes | Exception | None]) -> None:
    try:
        for line in lines:
            if line.strip():
                waiting.put(line)
    except Exception as error:  # noqa: BLE001  # whatever the source raises belongs to the consumer
        waiting.put(error)
    waiting.put(_END)


def _loaded(line: bytes) -> object:
    try:
        return load(line.removeprefix(BOM_UTF8))  # Windows begins files with it
    except ValueError as error:
        return ItemError(f"not a JSON line: {error}")


def _parsed(item: object) -> Text | ItemError:
    if isinstance(item, ItemError):
        return item
    try:
        return parse_item(item)
    except ItemError as error:
        return error


def _error(error: ItemError) -> dict[str, Any]:
    return ({} if error.id is None else {"id": error.id}) | {"error": str(error)}


def _is_id(given: object) -> bool:
    if isinstance(given, str):
        return not _HALF_CHARACTER.search(given)
    return isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**63


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "true or false",
        type(None): "null",
    }
    return names.get(
        type(value), "a number" if isinstance(value, int | float) else type(value).__name__
    )
