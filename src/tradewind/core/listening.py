"""Waiting for news of the database: NOTIFY wakes at once, a slow look around is the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import structlog

_SHORTEST = 0.02
log = structlog.get_logger(__name__)


def work_when_told(
    work: Callable[[], int],
    *,
    url: str,
    channel: str,
    stop: threading.Event,
    look_around: float = 2.0,
    gather: float = 0.0,
    full: int = 1,
) -> None:
    """Call ``work`` until it says 0, then wait for a NOTIFY or ``look_around`` seconds, and again.

    Up to ``gather`` seconds before each batch that is not ``full`` let more come, so that it is
    worth its commit: as long as the last one took. A database that goes away is waited for.
    """
    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                connection.execute(f"LISTEN {channel}")
                _serve(
                    work, connection, stop=stop, look_around=look_around, gather=gather, full=full
                )
        except psycopg.Error as error:
            log.info("listening.database_away", channel=channel, cause=str(error)[:200])
            stop.wait(0.5)


def _serve(
    work: Callable[[], int],
    connection: psycopg.Connection,
    *,
    stop: threading.Event,
    look_around: float,
    gather: float,
    full: int,
) -> None:
    took = 0.0
    while not stop.is_set():
        while not stop.is_set():
            begun = time.monotonic()
            if not (done := work()):
                break
            took = time.monotonic() - begun
            if gather and done < full:
                stop.wait(_pause(gather, took))
        deadline = time.monotonic() + look_around
        while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
            # Short waits, so that a stop is heard.
            if any(True for _ in connection.notifies(timeout=min(left, 0.5), stop_after=1)):
                stop.wait(_pause(gather, took)) if gather else None
                break


def _pause(gather: float, took: float) -> float:
    return min(gather, max(_SHORTEST, took))
