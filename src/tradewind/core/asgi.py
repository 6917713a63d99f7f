"""Small parts for the requests that are answered without Django: hot paths of the ASGI root."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

import orjson

from tradewind.core.problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")


def headers_of(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; one sent twice keeps both values, parted by NUL."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}\x00{value}" if name in headers else value
    return headers


async def body_of(receive: Receive, *, limit: int) -> bytes:
    """The whole body; raises Problem 413 over ``limit`` bytes."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(status=400, title="The body was cut off")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Problem(
                status=413, title="Too large", detail=f"wanted at most {limit} bytes in a body"
            )
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def respond(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> None:
    """Answer with these bytes."""
    lines = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, problem: Problem, *, path: str) -> None:
    """Answer with problem details."""
    extra = {"www-authenticate": "Bearer"} if problem.status == 401 else {}
    if "retry_after" in problem.extra:
        extra["retry-after"] = str(problem.extra["retry_after"])
    await respond(
        send,
        problem.status,
        orjson.dumps(problem.as_dict(instance=path)),
        content_type=MEDIA_TYPE,
        headers=extra,
    )


class Remembered:
    """Answers of a slow question, kept for a few seconds by this process."""

    def __init__(self, *, seconds: float = 5.0, most: int = 10_000) -> None:
        self._kept: dict[Any, tuple[float, Any]] = {}
        self._seconds, self._most = seconds, most

    async def get(self, key: Any, ask: Callable[[], T]) -> T:
        """The answer; ``ask`` runs in a thread when there is none that is fresh."""
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]  # type: ignore[no-any-return]  # what ask gave
        answer = await asyncio.to_thread(ask)
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[key] = (now + self._seconds, answer)
        return answer
