"""Asking the ASGI root of a web process, as Granian does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tradewind.project.root import Root


class Post(NamedTuple):
    """A request; several headers of one name are given as a list of pairs."""

    path: str
    body: bytes
    headers: dict[str, str] | list[tuple[str, str]]


def through_root(posts: Sequence[Post]) -> list[httpx.Response]:
    """Post all of them at once; what was stored is committed."""
    return asyncio.run(_ask(posts))


async def _ask(posts: Sequence[Post]) -> list[httpx.Response]:
    root = Root(get_wsgi_application())
    # Threads that asked the database must be gone before its tables are emptied.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
    transport = httpx.ASGITransport(app=root)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answers = await asyncio.gather(
            *(client.post(p.path, content=p.body, headers=p.headers) for p in posts)
        )
    await root._pool.close()
    await asyncio.gather(*(asyncio.to_thread(connections.close_all) for _ in range(8)))
    return list(answers)
