"""The way to a model: the chat completions that OpenAI's servers and those like them offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from tradewind.core.http import Allowed, client
from tradewind.nlp.llm.contract import Answer, ChatFailed, Question

_LARGEST_ANSWER = 256 * 1024
_CONNECT = 5.0
_SEED = 7
# How servers say that they do not know something that was asked for.
_NOT_UNDERSTOOD = {400, 415, 422, 501}


class HttpChat:
    """Calls one model at an address; what a server understands is learned at the first call.

    ``timeout`` is for a call in all; ``private`` names private addresses that may be called.
    """

    def __init__(
        self, url: str, model: str, *, key: str = "", timeout: float, private: Iterable[str] = ()
    ) -> None:
        self.model = model
        self._url = f"{url}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout = timeout
        self._allowed = Allowed([urlsplit(url).hostname or ""], private=private)
        self._way = 0

    def ask(self, question: Question) -> Answer:
        """Give the model's answer; raises ChatFailed."""
        try:
            response = self._called(question)
        except httpx.HTTPError as error:
            raise ChatFailed(f"no answer: {type(error).__name__}") from None
        if response.status_code != httpx.codes.OK:
            raise ChatFailed(f"HTTP {response.status_code}")
        return _answer_in(response.content)

    def _called(self, question: Question) -> httpx.Response:
        patience = httpx.Timeout(self._timeout, connect=min(_CONNECT, self._timeout))
        with client(
            self._allowed,
            timeout=patience,
            largest=_LARGEST_ANSWER,
            headers=self._headers,
            within=self._timeout,
        ) as calls:
            ways = _ways(question)
            for number in [self._way, *(n for n in range(len(ways)) if n != self._way)]:
                response = calls.post(self._url, json=self._body(question, ways[number]))
                if response.status_code == httpx.codes.OK:
                    self._way = number
                if response.status_code not in _NOT_UNDERSTOOD:
                    break
            return response

    def _body(self, question: Question, way: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": question.rules},
                {"role": "user", "content": question.messages},
            ],
            "stream": False,
            **way,
        }


def _ways(question: Question) -> list[dict[str, Any]]:
    """The same question in the ways servers differ in, the strictest first."""
    steady = {"temperature": 0, "seed": _SEED, "max_tokens": question.max_tokens}
    # OpenAI's own servers know no length of a text.
    loose = _by_schema(_without_lengths(question.schema))
    return [
        _by_schema(question.schema) | steady,
        loose | steady,
        # Models that think first refuse a temperature, and count their thoughts.
        loose | {"max_completion_tokens": 4 * question.max_tokens},
        {"response_format": {"type": "json_object"}} | steady,
        steady,
    ]


def _by_schema(schema: Any) -> dict[str, Any]:
    named = {"name": "readings", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _without_lengths(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {k: _without_lengths(v) for k, v in schema.items() if k != "maxLength"}
    return schema


def _answer_in(body: bytes) -> Answer:
    try:
        given = orjson.loads(body)
        text = given["choices"][0]["message"]["content"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise ChatFailed("the answer is no chat completion") from None
    if not isinstance(text, str):
        raise ChatFailed("the answer has no text")
    usage = given.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return Answer(text, tokens if isinstance(tokens, int) and tokens > 0 else 0)
