"""How long a message takes from its arrival to the screens that are open."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from tradewind.project.bench.desk import Desk, running_desk
from tradewind.project.bench.inbox import signed_in
from tradewind.project.bench.intake import post_batch
from tradewind.project.bench.texts import items

_LATE = 5.0
_LONGEST = 64 * 2**20
_NAME = re.compile(rb"Live\d+x")


def bench_live(*, screens: int, rate: int, seconds: int) -> dict[str, Any]:
    """Open streams, post messages one by one at a steady rate, note when each stream shows each."""
    with running_desk() as desk:
        token = desk.token("messages:write")
        with httpx.Client(timeout=60) as client:
            post_batch(client, desk, token, items(50, prefix="warm"))
        with signed_in(desk) as browser:
            cookie = f"sessionid={browser.cookies['sessionid']}"
        waits = asyncio.run(_measure(desk, token, cookie, screens, rate=rate, seconds=seconds))
    wanted = screens * rate * seconds
    marks = statistics.quantiles(waits, n=100)
    return {
        "screens": screens,
        "messages_per_s": rate,
        "shown": len(waits),
        "wanted": wanted,
        "p50_ms": round(marks[49] * 1000),
        "p95_ms": round(marks[94] * 1000),
        "p99_ms": round(marks[98] * 1000),
    }


async def _measure(
    desk: Desk, token: str, cookie: str, screens: int, *, rate: int, seconds: int
) -> list[float]:
    posted: dict[str, float] = {}
    waits: list[float] = []
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=desk.url, timeout=None, limits=limits) as client:  # noqa: S113  # streams stay open
        listeners = [
            asyncio.create_task(_listen(desk.url, cookie, posted, waits)) for _ in range(screens)
        ]
        await asyncio.sleep(3)
        await _post_steadily(client, token, posted, rate=rate, seconds=seconds)
        await asyncio.sleep(_LATE)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    return waits


async def _post_steadily(
    client: httpx.AsyncClient, token: str, posted: dict[str, float], *, rate: int, seconds: int
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    begun = time.perf_counter()
    sent = []
    for number, item in enumerate(items(rate * seconds, prefix="live")):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        # The buyer's name is what a screen shows of the message, so it tells which one it is.
        name = f"Live{number}x"
        item["from"] = {"name": name, "email": f"{name}@live.example"}
        posted[name] = time.perf_counter()
        sent.append(
            asyncio.create_task(
                client.post("/api/v1/messages", content=orjson.dumps(item), headers=headers)
            )
        )
    for answer in await asyncio.gather(*sent):
        answer.raise_for_status()


async def _listen(url: str, cookie: str, posted: dict[str, float], waits: list[float]) -> None:
    """Read one stream by hand: fifty of an HTTP library's would cost more than the desk does."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=_LONGEST)
    writer.write(
        f"GET /events HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    if not (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("the stream was refused")
    seen: set[bytes] = set()
    try:
        while event := await reader.readuntil(b"\n\n"):
            now = time.perf_counter()
            for name in set(_NAME.findall(event)) - seen:
                seen.add(name)
                waits.append(now - posted[name.decode()])
    finally:
        writer.close()
