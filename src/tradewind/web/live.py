"""GET /events: one stream per tab, told what changed in its workspace as soon as it is committed.

One listener per process hears that there are new rows of LiveEvent, reads them once per workspace,
renders the changed list rows once for all who see the same, and hands them to every stream of that
workspace.
A stream starts where its page was read or its line was cut, so that nothing falls between.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from tradewind.core.asgi import Receive, Scope, Send, headers_of
from tradewind.core.problems import Problem
from tradewind.inbox.live import CHANNEL
from tradewind.web.live_session import Viewer, find_viewer, is_still_allowed
from tradewind.web.rows import Eyes, live_rows

HEARTBEAT = 15.0
RECHECK = 60.0  # seconds after which a stream asks again whether it may go on
QUEUE = 500  # a tab that is further behind than this reads everything anew
GAP = 2000  # missed events after which it is cheaper to read everything anew
# Events within this time go out together: fewer renderings when much happens at once. As long as
# the last telling took, between these: half of the processor is left to whoever has news.
GATHER, LONGEST_GATHER = 0.02, 0.2
# Without an id: the browser's place is that of the last event it was told, never ours.
_GREETING = b"retry: 1500\n\n"
_GAP = b"event: gap\ndata: {}\n\n"
_LONGEST_ID = 19
log = structlog.get_logger(__name__)

_SINCE = (
    "SELECT id, kind, conversation_ids, detail FROM inbox_liveevent"
    " WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT %s"
)


@dataclass(eq=False, slots=True)
class _Stream:
    viewer: Viewer
    waiting: list[bytes] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_gone: bool = False

    def put(self, body: bytes) -> None:
        """Something to send; a tab that sleeps drops what it has not taken and reads all anew."""
        if len(self.waiting) >= QUEUE:
            self.waiting.clear()
            body = _GAP
        self.waiting.append(body)
        self.woken.set()

    def end(self) -> None:
        """The tab went away."""
        self.is_gone = True
        self.woken.set()

    async def next_body(self) -> bytes | None:
        """Everything that waits in one piece, or a sign of life; None when the tab is gone."""
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self.woken.wait()
        except TimeoutError:
            return b": still here\n\n"
        self.woken.clear()
        body = b"".join(self.waiting)
        self.waiting.clear()
        return None if self.is_gone else body

    @property
    def eyes(self) -> Eyes:
        """What its rows are rendered for."""
        return Eyes(self.viewer.language, self.viewer.hidden)


class Live:
    """The streams of one web process."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection], url: str) -> None:
        self._pool, self._url = pool, url
        self._streams: dict[int, set[_Stream]] = defaultdict(set)
        self._seen: dict[int, int] = {}
        self._changed: set[int] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a stream of server-sent events until the tab goes away."""
        headers = headers_of(scope)
        viewer = await asyncio.to_thread(
            find_viewer, headers.get("cookie", ""), accepts=headers.get("accept-language", "")
        )
        if viewer is None:
            raise Problem(status=401, title="Not signed in", detail="sign in, then listen")
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        last = headers.get("last-event-id") or next(iter(query.get("last", [])), "")
        self._start()
        stream = _Stream(viewer)
        head = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(lambda _: stream.end())
        try:
            await self._join(stream, last)
            await self._feed(stream, send)
        finally:
            self._streams[viewer.workspace_id].discard(stream)
            gone.cancel()

    async def close(self) -> None:
        """End the listener."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self) -> None:
        if not self._tasks or any(task.done() for task in self._tasks):
            for task in self._tasks:
                task.cancel()
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._spread())]

    async def _join(self, stream: _Stream, last: str) -> None:
        """Add the stream, with what it missed; events in between are told twice, never lost."""
        workspace_id = stream.viewer.workspace_id
        newest = await self._newest(workspace_id)
        if not self._streams[workspace_id]:
            self._seen[workspace_id] = newest
        self._streams[workspace_id].add(stream)
        missed = await self._missed(stream, _place_of(last, otherwise=newest), newest)
        # Before all that was told meanwhile: screens leave out what is older than they have seen.
        stream.waiting[:0] = [_GREETING, missed]
        stream.woken.set()

    async def _missed(self, stream: _Stream, last: int, newest: int) -> bytes:
        """What happened after that event, or that everything is to be read anew."""
        workspace_id = stream.viewer.workspace_id
        missed = await self._events(workspace_id, last)
        is_lost = last > newest or len(missed) >= GAP  # newer than all: of a desk since restored
        if is_lost or (missed and not await self._reaches_back(workspace_id, last)):
            return b"id: %d\n" % newest + _GAP
        if not missed:
            return b""
        return (await self._rendered(workspace_id, missed, {stream.eyes}))[stream.eyes]

    async def _feed(self, stream: _Stream, send: Send) -> None:
        loop = asyncio.get_running_loop()
        recheck = loop.time() + RECHECK
        while (body := await stream.next_body()) is not None:
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if loop.time() > recheck:
                if not await asyncio.to_thread(is_still_allowed, stream.viewer):
                    await send({"type": "http.response.body", "body": b""})
                    return
                recheck = loop.time() + RECHECK

    async def _listen(self) -> None:
        """Hear that a workspace has news; after a break every workspace is looked at."""
        while True:
            try:
                async with await AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._changed.update(self._streams)
                    self._wake.set()
                    async for notice in connection.notifies():
                        if notice.payload.isdecimal():
                            self._changed.add(int(notice.payload))
                            self._wake.set()
            except OperationalError as error:
                log.info("live.listener_lost", error=str(error))
            await asyncio.sleep(0.5)

    async def _spread(self) -> None:
        loop, took = asyncio.get_running_loop(), 0.0
        while True:
            await self._wake.wait()
            await asyncio.sleep(min(max(GATHER, took), LONGEST_GATHER))
            begun = loop.time()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            for workspace_id in changed:
                if self._streams.get(workspace_id):
                    try:
                        await self._tell(workspace_id)
                    except Exception:  # one workspace's trouble is not all streams'
                        log.warning("live.tell_failed", workspace=workspace_id, exc_info=True)
            took = loop.time() - begun

    async def _tell(self, workspace_id: int) -> None:
        events = await self._events(workspace_id, self._seen.get(workspace_id, 0))
        if not events:
            return
        # Who comes while this is rendered has it among what they missed.
        streams = list(self._streams[workspace_id])
        rendered = await self._rendered(workspace_id, events, {s.eyes for s in streams})
        self._seen[workspace_id] = events[-1][0]
        if len(events) >= GAP:  # there may be more
            self._changed.add(workspace_id)
            self._wake.set()
        for stream in streams:
            stream.put(rendered[stream.eyes])

    async def _newest(self, workspace_id: int) -> int:
        rows = await self._ask(
            workspace_id,
            "SELECT COALESCE(max(id), 0) FROM inbox_liveevent WHERE workspace_id = %s",
            [workspace_id],
        )
        return int(rows[0][0])

    async def _reaches_back(self, workspace_id: int, last: int) -> bool:
        """Whether events are still kept from there on."""
        rows = await self._ask(
            workspace_id,
            "SELECT count(*) FROM (SELECT 1 FROM inbox_liveevent WHERE workspace_id = %s"
            " AND id <= %s LIMIT 1) kept",
            [workspace_id, last],
        )
        return bool(rows[0][0])

    async def _events(self, workspace_id: int, after: int) -> list[tuple[Any, ...]]:
        return await self._ask(workspace_id, _SINCE, [workspace_id, after, GAP])

    async def _ask(
        self, workspace_id: int, sql: str, params: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        async with self._pool.connection() as connection:
            await connection.execute(
                "SELECT set_config('tradewind.workspace', %s, true)", [str(workspace_id)]
            )
            cursor = await connection.execute(sql, params)
            return await cursor.fetchall()

    async def _rendered(
        self, workspace_id: int, events: Sequence[tuple[Any, ...]], eyes: set[Eyes]
    ) -> dict[Eyes, bytes]:
        """The events as one message, for each pair of eyes."""
        ids = sorted({id_ for _, _, conversations, _ in events for id_ in conversations})
        topics = [*(["list"] if ids else []), *(f"conversation:{id_}" for id_ in ids)]
        notes = [{"kind": kind, **detail} for _, kind, _, detail in events if detail]
        rows = await asyncio.to_thread(live_rows, workspace_id, ids, eyes)
        return {
            seen_by: _message(
                events[-1][0], {"topics": topics, "rows": rows[seen_by], "notes": notes}
            )
            for seen_by in eyes
        }


def _message(id_: int, data: dict[str, Any]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (id_, orjson.dumps(data))


def _place_of(last: str, *, otherwise: int) -> int:
    return int(last) if last.isdecimal() and len(last) < _LONGEST_ID else otherwise


async def _gone(receive: Receive) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
