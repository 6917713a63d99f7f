"""Which requests go where."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tradewind.api.group_commit import GroupCommit
from tradewind.api.hooks import Hooks
from tradewind.api.intake import Intake
from tradewind.api.limits import Allowance
from tradewind.core.asgi import (
    Gathered,
    Paced,
    Receive,
    Scope,
    Send,
    has_body,
    refuse,
    respond,
)
from tradewind.core.problems import Problem
from tradewind.core.troubles import is_passing
from tradewind.project import health
from tradewind.web.live import Live

log = structlog.get_logger(__name__)
_POOL = 4
_LARGEST_UPLOAD = 256 * 1024 * 1024


class Root:
    """The ASGI application of a web process."""

    def __init__(self, django: Any) -> None:
        self._django: Any = WSGIMiddleware(django, workers=settings.ENV.web_threads)
        self._is_open = False

    def _open(self) -> None:
        """Made in the event loop that serves: pools and locks belong to one."""
        url = settings.APP_URL
        self._pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=_POOL,
            open=False,
            timeout=10,
            check=_Look(),
        )
        commit = GroupCommit(self._pool)
        self._intake = Intake(commit, Allowance(rate=5000, burst=20_000))
        self._hooks = Hooks(commit, public_url=settings.PUBLIC_URL)
        self._live = Live(self._pool, url)
        self._is_open = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        if not self._is_open:
            self._open()
            await self._pool.open(wait=False)
        try:
            await self._route(scope, Paced(receive), send)
        except Problem as problem:
            await refuse(send, problem, path=scope["path"])
        except (OperationalError, PoolTimeout, DatabaseError, InterfaceError) as error:
            if isinstance(error, (DatabaseError, InterfaceError)) and not is_passing(error):
                raise
            log.warning("web.database_away", error=str(error))
            away = Problem(
                status=503,
                title="The database is away",
                detail="nothing was taken; try again in a few seconds",
                retry_after=2,
            )
            await refuse(send, away, path=scope["path"])
        except Exception:
            log.exception("web.native_broke", path=scope["path"])
            broke = Problem(status=500, title="Our fault", detail="it is in the log; try again")
            await refuse(send, broke, path=scope["path"])

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/api/v1/messages" and method == "POST":
            await self._intake.post(scope, receive, send)
        elif path.startswith("/hooks/"):
            await self._hooks.post(scope, receive, send, key=path.removeprefix("/hooks/"))
        elif path == "/events" and method == "GET":
            await self._live.stream(scope, receive, send)
        elif path in health.ANSWERS and method in ("GET", "HEAD"):
            status, body, kind = await asyncio.to_thread(health.ANSWERS[path])
            await respond(send, status, body, content_type=kind)
        else:
            await self._answer_in_a_thread(scope, receive, send)

    async def _answer_in_a_thread(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not has_body(scope):
            await self._django(scope, _coroutine(receive), _coroutine(send))
            return
        body = Gathered()
        try:
            await body.fill(receive, limit=_LARGEST_UPLOAD)
            await self._django(scope, body, _coroutine(send))
        finally:
            body.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._is_open:
                    with contextlib.suppress(Exception):
                        await self._live.close()
                        await self._pool.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _coroutine(call: Any) -> Any:
    """Granian's receive and send give awaitables, a2wsgi wants coroutines."""

    async def awaited(*args: Any) -> Any:
        return await call(*args)

    return awaited


class _Look:
    """Looks whether a connection still lives, unless it was used a moment ago.

    A look is a trip to the database; on the hot path it would cost as much as the work.
    """

    def __init__(self, *, seconds: float = 0.5) -> None:
        self._seconds = seconds
        self._used: WeakKeyDictionary[AsyncConnection, float] = WeakKeyDictionary()

    async def __call__(self, connection: AsyncConnection) -> None:
        now = time.monotonic()
        if now - self._used.get(connection, 0.0) > self._seconds:
            await AsyncConnectionPool.check_connection(connection)
        self._used[connection] = now
