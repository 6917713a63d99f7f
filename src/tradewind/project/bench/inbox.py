"""How fast the list, a conversation and search answer, at three sizes of desk."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg

from tradewind.project.bench import fill
from tradewind.project.bench.desk import Desk, running_desk
from tradewind.project.bench.intake import post_batch
from tradewind.project.bench.texts import items

ROUNDS = 60
VIEWS = ("/?view=all", "/?view=unassigned", "/?view=due", "/?view=resolved")


def bench_inbox(sizes: list[int]) -> dict[str, Any]:
    """Milliseconds of pages as a signed-in agent gets them over HTTP, one at a time."""
    with running_desk() as desk:
        token = desk.token("messages:write")
        with httpx.Client(timeout=60) as client:
            post_batch(client, desk, token, items(1, prefix="first"))
        found: dict[str, Any] = {}
        with desk.connect() as connection, signed_in(desk) as browser:
            fill.prepare(connection)
            have = 0
            for size in sizes:
                begun = time.monotonic()
                fill.fill(connection, have=have, want=size)
                have = size
                print(f"filled to {size} in {time.monotonic() - begun:.0f} s", file=sys.stderr)  # noqa: T201
                found[str(size)] = _pages(connection, browser)
        return {"ready_seconds": round(desk.seconds_to_ready, 2), "conversations": found}


@contextlib.contextmanager
def signed_in(desk: Desk) -> Iterator[httpx.Client]:
    """A browser with a session."""
    with httpx.Client(base_url=desk.url, timeout=60, follow_redirects=True) as browser:
        _sign_in(browser, desk)
        yield browser


def _sign_in(browser: httpx.Client, desk: Desk) -> None:
    page = browser.get("/account/login/")
    answer = browser.post(
        "/account/login/",
        data={
            "login": desk.account[0],
            "password": desk.account[1],
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        },
        headers={"Referer": str(page.url)},
    )
    answer.raise_for_status()
    if "sessionid" not in browser.cookies:
        raise RuntimeError("the bench could not sign in")


def _pages(connection: psycopg.Connection, browser: httpx.Client) -> dict[str, Any]:
    ids = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM inbox_conversation ORDER BY id DESC LIMIT 2000"
        ).fetchall()
    ][:: 2000 // ROUNDS]
    views, turn = itertools.cycle(VIEWS), iter(itertools.cycle(ids))
    return {
        "list_ms": _timed(lambda: browser.get(next(views))),
        "list_part_ms": _timed(lambda: browser.get(next(views), headers=_part("list-pane"))),
        "conversation_ms": _timed(lambda: browser.get(f"/c/{next(turn)}", headers=_part("thread"))),
        "search_rare_ms": _timed(lambda: browser.get("/", params={"q": "zyzzyva"})),
        "search_common_ms": _timed(lambda: browser.get("/", params={"q": "order"})),
        "search_two_words_ms": _timed(lambda: browser.get("/", params={"q": "order refund"})),
    }


def _part(target: str) -> dict[str, str]:
    """What htmx says when it wants one element anew."""
    return {"HX-Request": "true", "HX-Target": target}


def _timed(get: Callable[[], httpx.Response]) -> dict[str, float]:
    for _ in range(3):
        get().raise_for_status()
    waits = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        get().raise_for_status()
        waits.append((time.perf_counter() - begun) * 1000)
    marks = statistics.quantiles(waits, n=20)
    return {"p50": round(statistics.median(waits), 1), "p95": round(marks[18], 1)}
