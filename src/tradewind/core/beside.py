"""Threads that run beside the main work of a process, and start again when they fail."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg
import structlog
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)

# Gets an event that is set when it shall end, and comes back soon after.
Beside = Callable[[threading.Event], None]

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
AWAY_PAUSE = 0.5
STEADY_SECONDS = 30.0
JOIN_SECONDS = 20.0


@contextlib.contextmanager
def running_beside(parts: Sequence[Beside]) -> Iterator[threading.Event]:
    """Run each part in a thread of its own while the block runs; then end them all."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=_keep, args=(part, stop), name=_name(part), daemon=True)
        for part in parts
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


# A database that is away is nobody's fault here: the part is back as soon as the database is.
_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)


def _keep(part: Beside, stop: threading.Event) -> None:
    pause = FIRST_PAUSE
    while not stop.is_set():
        begun = time.monotonic()
        try:
            part(stop)
        except _AWAY as error:
            log.warning("part waits for the database", part=_name(part), cause=str(error)[:200])
            stop.wait(AWAY_PAUSE)
            continue
        except Exception as error:  # whatever it is, the part must go on
            log.warning("part failed", part=_name(part), cause=repr(error), exc_info=True)
        if time.monotonic() - begun > STEADY_SECONDS:
            pause = FIRST_PAUSE
        stop.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _name(part: Beside) -> str:
    return getattr(part, "__qualname__", type(part).__qualname__)
