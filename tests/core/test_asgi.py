"""Bodies that trickle, and bodies that wait for a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tradewind.core.asgi import Gathered, Paced, body_of, has_body
from tradewind.core.problems import Problem


def arriving(*parts: bytes, every: float = 0.0, ends: bool = True) -> Callable[[], Any]:
    """A ``receive`` whose body comes in these pieces, each after a while."""
    left = list(parts)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(every)
        if not left:
            await asyncio.sleep(60)
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left) or not ends}

    return receive


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Paced, "grace", 0.2)
    monkeypatch.setattr(Paced, "least", 100)


async def read(receive: Callable[[], Any]) -> bytes:
    return await body_of(Paced(receive), limit=10_000)


@pytest.mark.usefixtures("_soon")
@pytest.mark.parametrize("parts", [(), (b"x",) * 1000])
def test_a_body_that_trickles_is_cut_off(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(Problem) as refusal:
        asyncio.run(asyncio.wait_for(read(arriving(*parts, every=0.05, ends=False)), 5))
    assert refusal.value.status == 408


@pytest.mark.usefixtures("_soon")
def test_a_body_that_keeps_coming_may_take_longer_than_the_first_seconds() -> None:
    parts = (b"x" * 50,) * 8
    assert asyncio.run(read(arriving(*parts, every=0.05))) == b"x" * 400


@pytest.mark.usefixtures("_soon")
def test_what_comes_behind_the_body_may_take_its_time() -> None:
    async def ask() -> Any:
        receive = Paced(arriving(b"whole"))
        await receive()
        await asyncio.sleep(0.3)
        return await asyncio.wait_for(receive(), 0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(ask())


@pytest.mark.parametrize("size", [0, 5, 300_000, 3_000_000])
def test_a_gathered_body_comes_again_as_it_was(size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    parts = [body[at : at + 70_000] for at in range(0, size, 70_000)] or [b""]

    async def gather() -> bytes:
        gathered = Gathered()
        await gathered.fill(arriving(*parts), limit=5_000_000)
        try:
            return await body_of(gathered, limit=5_000_000)
        finally:
            gathered.close()

    assert asyncio.run(gather()) == body


def test_a_gathered_body_has_a_limit() -> None:
    with pytest.raises(Problem) as refusal:
        asyncio.run(Gathered().fill(arriving(b"x" * 11), limit=10))
    assert refusal.value.status == 413


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], False),
        ([(b"content-length", b"0")], False),
        ([(b"Content-Length", b"7")], True),
        ([(b"transfer-encoding", b"chunked")], True),
    ],
)
def test_a_request_says_whether_it_brings_a_body(headers: Any, expected: bool) -> None:
    assert has_body({"headers": headers}) is expected
