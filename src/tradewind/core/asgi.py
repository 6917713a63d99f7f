"""Small parts for the requests that are answered without Django: hot paths of the ASGI root."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any, ClassVar, TypeVar

import orjson

from tradewind.core.problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
T = TypeVar("T")
_IN_MEMORY = 1024 * 1024
_PART = 256 * 1024


def headers_of(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; one sent twice keeps both values, parted by NUL."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}\x00{value}" if name in headers else value
    return headers


async def body_of(receive: Receive, *, limit: int) -> bytes:
    """The whole body; raises Problem 413 over ``limit`` bytes."""
    return b"".join([chunk async for chunk in _chunks(receive, limit=limit)])


async def _chunks(receive: Receive, *, limit: int) -> AsyncIterator[bytes]:
    size = 0
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
        yield chunk
        if not message.get("more_body"):
            return


class Paced:
    """A ``receive`` for which a body may not trickle for ever.

    After ``grace`` seconds every further second has to bring ``least`` bytes, else Problem 408 is
    raised; a phone on a bad line is faster, and a client that sends a byte now and then is not.
    """

    grace: ClassVar[float] = 30.0
    least: ClassVar[int] = 10_000

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun = asyncio.get_running_loop().time()
        self._size = 0
        self._is_whole = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """The next message; what comes behind the body may take as long as it likes."""
        if self._is_whole:
            return await self._receive()
        until = self._begun + self.grace + self._size / self.least
        try:
            async with asyncio.timeout_at(until):
                message = await self._receive()
        except TimeoutError:
            raise Problem(
                status=408,
                title="Too slow",
                detail=f"wanted the whole body at {self.least} bytes a second or more,"
                f" got {self._size} bytes",
            ) from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body")
        return message


class Gathered:
    """A body that was read to its end, given again as a ``receive``.

    Who answers in a thread must not wait there for the network: a few slow clients would hold
    every thread. A large body waits on disk; ``close`` lets it go.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # lives as long as this
        self._left = 0

    async def fill(self, receive: Receive, *, limit: int) -> None:
        """Read the whole body; raises Problem 413 over ``limit`` bytes."""
        async for chunk in _chunks(receive, limit=limit):
            self._file.write(chunk)
            self._left += len(chunk)
        self._file.seek(0)

    async def __call__(self) -> MutableMapping[str, Any]:
        """The next part."""
        part = self._file.read(_PART)
        self._left -= len(part)
        return {"type": "http.request", "body": part, "more_body": self._left > 0}

    def close(self) -> None:
        """Let the body go."""
        self._file.close()


def has_body(scope: Scope) -> bool:
    """Whether the request says that it brings a body."""
    for name, value in scope["headers"]:
        if name.lower() == b"transfer-encoding":
            return True
        if name.lower() == b"content-length":
            return bool(value.strip() != b"0")
    return False


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
    if problem.status == 408:
        extra["connection"] = "close"
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
