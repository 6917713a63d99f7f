"""Deliveries that arrive within a few milliseconds share one transaction.

One commit costs the disk a flush, however much is in it. Requests wait a moment for one another,
are written together, and are acknowledged together, after the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from psycopg import AsyncConnection, DataError
from psycopg_pool import AsyncConnectionPool

from tradewind.api.items import each_answered
from tradewind.channels.deliveries import ACCEPT, FIND, NOTIFY, Accepted, Raw, accept_params
from tradewind.identity.errors import Invalid

WINDOW = 0.002  # seconds that a first request waits for company
MOST = 4000  # raw things in one transaction
log = structlog.get_logger(__name__)

Group = tuple[int, int, str]  # workspace, channel, transport


@dataclass(slots=True)
class _Entry:
    group: Group
    raws: Sequence[Raw]
    done: asyncio.Future[list[Accepted]] = field(repr=False)


class GroupCommit:
    """Accepts deliveries for the event loop that it is used in."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._waiting: list[_Entry] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def accept(
        self, *, workspace_id: int, channel_id: int, transport: str, raws: Sequence[Raw]
    ) -> list[Accepted]:
        """Store what came in; on return it is safe on disk. Order and repeats as given."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        done: asyncio.Future[list[Accepted]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry((workspace_id, channel_id, transport), raws, done))
        self._wake.set()
        return await done

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(WINDOW)
            await self._settle(self._take())

    async def _settle(self, batch: Sequence[_Entry]) -> None:
        try:
            await self._write(batch)
        except DataError as error:
            if len(batch) == 1:
                _fail(batch, Invalid(f"something in it cannot be kept: {error}"[:300]))
                return
            # Something the database cannot keep must not take its company down with it.
            for entry in batch:
                await self._settle([entry])
        except Exception as error:  # noqa: BLE001  # every waiting request must hear of it
            _fail(batch, error)

    def _take(self) -> list[_Entry]:
        taken: list[_Entry] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].raws) <= MOST):
            entry = self._waiting.pop(0)
            taken.append(entry)
            size += len(entry.raws)
        if not self._waiting:
            self._wake.clear()
        return taken

    async def _write(self, batch: Sequence[_Entry]) -> None:
        groups: dict[Group, dict[str, Raw]] = {}
        for entry in batch:
            unique = groups.setdefault(entry.group, {})
            for raw in entry.raws:
                unique.setdefault(raw.dedupe_key, raw)
        results: dict[Group, dict[str, Accepted]] = {}
        async with self._pool.connection() as connection:
            # In one order: two processes that accept the same keys never wait crosswise.
            for group in sorted(groups):
                raws = sorted(groups[group].values(), key=lambda raw: raw.dedupe_key)
                results[group] = await _insert(connection, group, raws)
        for entry in batch:
            if not entry.done.done():
                entry.done.set_result(each_answered(entry.raws, results[entry.group]))


def _fail(batch: Sequence[_Entry], error: Exception) -> None:
    log.warning("intake.write_failed", error=str(error))
    for entry in batch:
        if not entry.done.done():
            entry.done.set_exception(error)


async def _insert(
    connection: AsyncConnection, group: Group, raws: Sequence[Raw]
) -> dict[str, Accepted]:
    workspace_id, channel_id, transport = group
    # One trip to the database and back, the commit included.
    async with connection.pipeline():
        await connection.execute(
            "SELECT set_config('tradewind.workspace', %s, true)", [str(workspace_id)]
        )
        cursor = await connection.execute(
            ACCEPT, accept_params(workspace_id, channel_id, transport, raws)
        )
        await connection.execute("SELECT pg_notify(%s, %s)", [NOTIFY, str(workspace_id)])
        await connection.commit()
        rows = await cursor.fetchall()
    if missing := sorted({raw.dedupe_key for raw in raws} - {row[0] for row in rows}):
        await connection.execute(
            "SELECT set_config('tradewind.workspace', %s, true)", [str(workspace_id)]
        )
        cursor = await connection.execute(FIND, [channel_id, missing])
        rows += await cursor.fetchall()
    return {key: Accepted(key, id_, is_new) for key, id_, is_new in rows}
