"""What a worker does: jobs, and beside them arrivals, replies, mailboxes, polls, and the sweep."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from tradewind.channels.deliveries import NOTIFY as ARRIVALS
from tradewind.core.jobs import run_worker
from tradewind.core.listening import work_when_told
from tradewind.journey import afterthought, arrival, mailboxes, polls, reply, sweep

log = structlog.get_logger(__name__)
PENDING_PAUSE = 0.4
# A platform that answers slowly must not hold up the replies to others.
SENDERS = 3


def run(*, concurrency: int = 2) -> None:
    """Work until told to stop."""
    run_worker(
        concurrency=concurrency,
        beside=[
            arrivals,
            helping_hand,
            *[replies] * SENDERS,
            afterthoughts,
            mailboxes.watch_all,
            polls.watch_all,
            sweeps,
        ],
    )


# When deliveries were last applied; afterthoughts leave the processor to a burst.
_last_arrival = 0.0
QUIET = 0.3
LONGEST_BURST = 3.0
# More is waiting than one thread applies at once.
_burst = threading.Event()


def arrivals(stop: threading.Event) -> None:
    """Apply deliveries as they come."""
    work_when_told(
        _apply_and_note,
        url=settings.APP_URL,
        channel=ARRIVALS,
        stop=stop,
        gather=0.05,
        full=arrival.BATCH,
    )


def helping_hand(stop: threading.Event) -> None:
    """Apply beside ``arrivals`` in a burst: while one waits for the database the other computes."""
    while not stop.is_set():
        if _burst.wait(0.5):
            _burst.clear()
            while not stop.is_set() and _apply_and_note() >= arrival.BATCH:
                pass


def _apply_and_note() -> int:
    global _last_arrival  # one clock of this process
    if done := _fresh(arrival.apply_waiting)():
        _last_arrival = time.monotonic()
    if done >= arrival.BATCH:
        _burst.set()
    return done


def replies(stop: threading.Event) -> None:
    """Send replies as they are written; the look around also takes those whose time has come."""
    work_when_told(
        _fresh(reply.send_due),
        url=settings.APP_URL,
        channel=reply.NOTIFY,
        stop=stop,
        look_around=1.0,
    )


def afterthoughts(stop: threading.Event) -> None:
    """Make messages findable and read them more deeply, when arrivals leave time for it."""
    _stand_back()
    work = _fresh(afterthought.catch_up)
    last_done = 0.0
    while not stop.is_set():
        now = time.monotonic()
        in_burst = now - _last_arrival < QUIET and now - last_done < LONGEST_BURST
        if in_burst or not work():
            stop.wait(PENDING_PAUSE)
        last_done = time.monotonic() if not in_burst else last_done


def _stand_back() -> None:
    """Let the others have the processor first: nobody waits for what this thread does."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


def sweeps(stop: threading.Event) -> None:
    """Every few seconds: what time alone brings about."""
    while not stop.wait(5.0):
        _fresh(sweep.sweep)()


def _fresh(work: Callable[[], int | None]) -> Callable[[], int]:
    def with_fresh_connection() -> int:
        close_old_connections()
        try:
            return int(work() or 0)
        except Exception:
            # A connection that broke in the middle must not be met again.
            connection.close()
            raise

    return with_fresh_connection
