"""The way to a language model: what servers answer, and what they must not be able to do."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from tests.channels.connector_fakes import Asked, platform
from tests.nlp.llm_parts import MEANINGS, VAGUE, opinion, reader_with
from tradewind.nlp.contract import Text
from tradewind.nlp.llm.client import HttpChat
from tradewind.nlp.llm.contract import ChatFailed, Question
from tradewind.nlp.llm.prompt import ask_about, rules_for

QUESTION = ask_about({"1": ("", VAGUE)}, rules=rules_for(MEANINGS), intents=list(MEANINGS))
SECRET = "sk-very-secret"


def completion(text: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]} | more


def chat_at(origin: str, *, timeout: float = 5.0) -> HttpChat:
    return HttpChat(f"{origin}/v1", "small", key=SECRET, timeout=timeout, private=["127.0.0.0/8"])


def ask(answer: Callable[[Asked], Any], question: Question = QUESTION) -> Any:
    with platform(answer) as server:
        return chat_at(server.origin).ask(question)


def test_a_question_is_asked_steadily_with_the_key_and_the_schema() -> None:
    with platform(lambda _: (200, completion("{}", usage={"total_tokens": 42}))) as server:
        answer = chat_at(server.origin).ask(QUESTION)
    (asked,) = server.asked
    assert (answer.text, answer.tokens) == ("{}", 42)
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert (asked.json["temperature"], asked.json["seed"], asked.json["model"]) == (0, 7, "small")
    schema = asked.json["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["1"]
    assert schema["properties"]["1"]["properties"]["intent"]["enum"] == list(MEANINGS)


def test_a_server_without_schemas_is_asked_more_plainly_and_that_is_remembered() -> None:
    def answer(asked: Asked) -> Any:
        kind = asked.json.get("response_format", {}).get("type")
        return (400, {}) if kind == "json_schema" else (200, completion("{}"))

    with platform(answer) as server:
        chat = chat_at(server.origin)
        chat.ask(QUESTION)
        tries = len(server.asked)
        chat.ask(QUESTION)
    assert len(server.asked) == tries + 1
    assert server.asked[-1].json["response_format"] == {"type": "json_object"}


def test_a_server_that_knows_no_length_of_a_text_still_gets_the_schema() -> None:
    def answer(asked: Asked) -> Any:
        return (400, {}) if b"maxLength" in asked.body else (200, completion("{}"))

    with platform(answer) as server:
        chat_at(server.origin).ask(QUESTION)
    assert server.asked[-1].json["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 503])
def test_a_refusal_is_a_failure_with_its_status_and_no_secret(status: int) -> None:
    with pytest.raises(ChatFailed) as failure:
        ask(lambda _: (status, {"error": SECRET}, {"Location": "http://127.0.0.1:1/"}))
    assert str(failure.value) == f"HTTP {status}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        {"choices": []},
        {"choices": "x"},
        {"error": "no"},
        completion(None),
        completion({"a": 1}),
        b"[" * 200_000,
    ],
    ids=range(10),
)
def test_what_is_no_chat_completion_is_a_failure(body: Any) -> None:
    with pytest.raises(ChatFailed, match="the answer"):
        ask(lambda _: (200, body))


@pytest.mark.parametrize("usage", [None, [], {}, {"total_tokens": "9"}, {"total_tokens": -5}])
def test_a_cost_that_is_not_told_is_reckoned_here(usage: Any) -> None:
    assert ask(lambda _: (200, completion("{}", usage=usage))).tokens == 0


def test_a_huge_answer_is_refused() -> None:
    with pytest.raises(ChatFailed, match="RefusedError"):
        ask(lambda _: (200, completion("x" * 300_000)))


def test_a_private_address_is_called_only_where_it_was_allowed() -> None:
    with platform(lambda _: (200, completion("{}"))) as server:
        chat = HttpChat(f"{server.origin}/v1", "small", timeout=5.0)
        with pytest.raises(ChatFailed, match="ConnectError"):
            chat.ask(QUESTION)
    assert server.asked == []


@contextlib.contextmanager
def dripping() -> Iterator[str]:
    """A server that answers a byte at a time, header and all, and never ends."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ended.wait(0.05):
                    self.wfile.write(b"z")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_time_for_a_call_is_bounded_however_slowly_it_drips() -> None:
    with dripping() as origin:
        begun = time.monotonic()
        with pytest.raises(ChatFailed, match="Timeout"):
            chat_at(origin, timeout=1.0).ask(QUESTION)
    assert time.monotonic() - begun < 5


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(ChatFailed, match="ConnectError"):
        chat_at("http://127.0.0.1:9").ask(QUESTION)


def test_an_answer_finds_its_way_into_the_reading() -> None:
    said = orjson.dumps({"1": opinion()}).decode()
    with platform(lambda _: (200, completion(said))) as server:
        (reading,) = reader_with(chat_at(server.origin)).read([Text(VAGUE)])
    assert (reading.intent, reading.model) == ("product.defect", "llm-1:small")
