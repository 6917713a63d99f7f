"""The stream itself: where it begins, what it makes up for, when everything is to be read anew."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from psycopg_pool import AsyncConnectionPool

from tests.web.inbox_helpers import conversation, make_channel
from tradewind.identity.scope import in_workspace
from tradewind.inbox import live
from tradewind.inbox.models import LiveEvent
from tradewind.web.live import Live

pytestmark = pytest.mark.django_db(transaction=True)
Event = dict[str, str]
_LINE = re.compile(r"^(\w+): (.*)$", flags=re.M)


@pytest.fixture
def desk(cast: SimpleNamespace) -> SimpleNamespace:
    """Three conversations, each with its event, and Bob's browser."""
    with in_workspace(cast.workspace.pk):
        channel = make_channel()
        cast.rows = [conversation(channel, f"m{n}") for n in range(3)]
        LiveEvent.objects.all().delete()
        for row in cast.rows:
            live.tell("arrived", [row.pk])
        cast.ids = list(LiveEvent.objects.order_by("id").values_list("id", flat=True))
    cast.bob = Client(headers={"Accept": "text/html"})
    cast.bob.force_login(cast.people.bob)
    return cast


def _events(body: bytes) -> list[Event]:
    """What a browser makes of a stream."""
    blocks = [dict(_LINE.findall(block)) for block in body.decode().split("\n\n")]
    return [{"event": "", "id": ""} | block for block in blocks if "data" in block]


def _hear(desk: SimpleNamespace, last: int | str = "") -> list[Event]:
    """The events that a stream begins with which goes on after this one."""
    return asyncio.run(_heard(desk, str(last)))


async def _heard(desk: SimpleNamespace, last: str) -> list[Event]:
    body = b""
    greeted, gone = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal body
        body += message.get("body", b"")
        if b"retry:" in body:
            greeted.set()

    cookie = f"sessionid={desk.bob.cookies['sessionid'].value}".encode()
    query = f"last={last}".encode()
    scope = {"type": "http", "query_string": query, "headers": [(b"cookie", cookie)]}
    async with AsyncConnectionPool(settings.APP_URL, open=False) as pool:
        told = Live(pool, settings.APP_URL)
        stream = asyncio.create_task(told.stream(scope, receive, send))
        # What was missed is sent together with the greeting.
        await asyncio.wait_for(greeted.wait(), 60)
        gone.set()
        await stream
        await told.close()
    await asyncio.gather(*(asyncio.to_thread(connections.close_all) for _ in range(8)))
    return _events(body)


def _rows(event: Event) -> list[int]:
    return sorted(row["id"] for row in orjson.loads(event["data"])["rows"])


def test_what_was_missed_comes_under_an_id_that_was_not_heard_before(desk):
    first, _, third = desk.ids
    (heard,) = _hear(desk, first)
    assert heard["id"] == str(third)
    assert _rows(heard) == [row.pk for row in desk.rows[1:]]


def test_a_page_that_missed_nothing_hears_nothing(desk):
    assert _hear(desk, desk.ids[-1]) == []
    assert _hear(desk) == []


def test_a_quiet_hour_is_no_gap(desk):
    with in_workspace(desk.workspace.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE inbox_liveevent SET at = now() - interval '3 hours'")
        assert live.forget() == 2
    assert _hear(desk, desk.ids[-1]) == []


def test_what_is_no_longer_kept_is_a_gap_that_says_where_to_go_on(desk):
    with in_workspace(desk.workspace.pk):
        LiveEvent.objects.exclude(pk=desk.ids[-1]).delete()
    for last in (0, desk.ids[0], desk.ids[-1] + 1000):
        (gap,) = _hear(desk, last)
        assert (gap["event"], gap["id"]) == ("gap", str(desk.ids[-1])), last


@pytest.mark.parametrize("last", ["x", "9" * 400, "-1", "１２"])
def test_nonsense_for_a_place_is_heard_from_now_on(desk, last):
    assert [e for e in _hear(desk, last) if e["event"] != "gap"] == []


def test_what_happens_while_somebody_comes_is_told_after_what_they_missed(desk, monkeypatch):
    asked = Live._missed

    async def slowly(self: Live, stream: Any, last: int, newest: int) -> bytes:
        # Told of the last event alone, under its id, before the reading of those missed is over.
        self._seen[stream.viewer.workspace_id] = desk.ids[1]
        await self._tell(stream.viewer.workspace_id)
        return await asked(self, stream, last, newest)

    monkeypatch.setattr(Live, "_missed", slowly)
    missed, told, *_ = _hear(desk, desk.ids[0])
    assert missed["id"] == told["id"] == str(desk.ids[2])
    assert _rows(missed) == [row.pk for row in desk.rows[1:]]
    assert _rows(told) == [desk.rows[2].pk]


def test_a_page_listens_from_before_it_was_read(desk):
    for place in ("/?view=all", f"/c/{desk.rows[0].pk}"):
        page = desk.bob.get(place).content.decode()
        assert f'data-events-url="/events?last={desk.ids[-1]}"' in page, place
        assert 'data-rows-url="/inbox/rows?view=' in page
