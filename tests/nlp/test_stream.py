"""The lines of ``tradewind triage``."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import orjson
import pytest

from tradewind.nlp.reader import default_reader
from tradewind.nlp.stream import ItemError, parse_item, triage_stream

FIELDS = [
    "id", "language", "intent", "confidence", "also", "complaint", "emotion", "threats",
    "urgency", "entities", "evidence", "model",
]  # fmt: skip


def answers(*lines: bytes) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in triage_stream(lines, reader=default_reader(), batch=4)]


def test_an_answer_has_the_promised_fields_in_their_order() -> None:
    (answer,) = answers(b'{"id": "m1", "text": "Where is my package?", "site": "us"}')
    assert list(answer) == FIELDS


def test_order_is_kept_over_many_batches() -> None:
    lines = [orjson.dumps({"id": n, "text": f"where is order #{n + 1000}"}) for n in range(50)]
    assert [answer["id"] for answer in answers(*lines)] == list(range(50))


def test_a_bad_line_gives_its_error_and_the_rest_goes_on() -> None:
    got = answers(b'{"id":1,"text":"hi"}', b"\xff{", b'{"id":3}', b"[]", b'{"id":5,"text":"bye"}')
    assert [answer.get("id") for answer in got] == [1, None, 3, None, 5]
    assert ["error" in answer for answer in got] == [False, True, True, True, False]
    assert '"text" is missing' in str(got[2]["error"])


def test_a_line_nested_too_deep_gives_its_error_and_the_rest_goes_on() -> None:
    deep = b'{"text":"\\u0041","x":' + b"[" * 200_000
    got = answers(b'{"id":1,"text":"hi"}', deep, deep + b"]" * 200_000 + b"}", b'{"text":"bye"}')
    assert ["error" in answer for answer in got] == [False, True, True, False]
    assert "not a JSON line" in str(got[1]["error"])


def test_half_an_emoji_is_read() -> None:
    (answer,) = answers(b'{"text": "where is my package \\ud83d"}')
    assert answer["intent"] == "logistics.tracking"


def test_the_mark_that_windows_begins_a_file_with_is_passed_over() -> None:
    (answer,) = answers(b'\xef\xbb\xbf{"text": "where is my package?"}')
    assert answer["intent"] == "logistics.tracking"


def test_a_lone_line_is_answered_before_the_next_one_comes() -> None:
    source: queue.Queue[bytes] = queue.Queue()

    def typed() -> Iterator[bytes]:
        yield from iter(source.get, b"")

    stream = triage_stream(typed(), reader=default_reader())
    source.put(b'{"id":1,"text":"hello"}\n')
    got: list[bytes] = []
    waiter = threading.Thread(target=lambda: got.append(next(stream)), daemon=True)
    waiter.start()
    waiter.join(5)
    source.put(b"")
    assert got
    assert orjson.loads(got[0])["id"] == 1


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ([], "expected a JSON object, got a list"),
        ({}, '"text" is missing: expected the words of the message'),
        ({"text": 5}, '"text": expected text, got a number'),
        ({"text": "a", "site": []}, '"site": expected text, got a list'),
        ({"text": "a", "id": 1.5}, '"id": expected text or a whole number, got a number'),
    ],
)
def test_what_is_wrong_with_an_item_is_said(item: object, message: str) -> None:
    with pytest.raises(ItemError) as refused:
        parse_item(item)
    assert str(refused.value) == message
