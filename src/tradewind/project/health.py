"""/healthz: the process lives. /readyz: it can serve. /metrics: figures for Prometheus."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import orjson
from django.db import Error, close_old_connections, connection

from tradewind.core.metrics import CONTENT_TYPE, Figure, figure, render

Answer = tuple[int, bytes, str]
_JSON = "application/json"

# Across workspaces and naming none; see inbox migration 0002.
_FIGURES = {
    "deliveries_waiting": "Deliveries accepted and not yet applied.",
    "deliveries_oldest_waiting_seconds": "Age of the oldest delivery that waits.",
    "deliveries_failed": "Deliveries that could not be applied.",
    "replies_queued": "Replies that have not left yet.",
    "replies_failed": "Conversations with a reply that did not leave.",
    "messages_unindexed": "Messages that cannot be found by search yet.",
}
_told: dict[str, float] = {}


def _read_figures() -> None:
    close_old_connections()
    _told.clear()
    with contextlib.suppress(Error), connection.cursor() as cursor:
        cursor.execute("SELECT name, value FROM project_figures()")
        _told.update(cursor.fetchall())


def _source(name: str) -> Callable[[], list[Figure]]:
    return lambda: [Figure(_told[name])] if name in _told else []


for _name, _meaning in _FIGURES.items():
    figure(_name, _meaning)(_source(_name))


def healthz() -> Answer:
    """200 as long as the process answers."""
    return 200, b'{"status":"ok"}', _JSON


def readyz() -> Answer:
    """200 when the database answers and is migrated, else 503 with the reason."""
    close_old_connections()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM identity_workspace LIMIT 1")
    except Error as error:
        reason = str(error).splitlines()[0][:200]
        return 503, orjson.dumps({"status": "not ready", "database": reason}), _JSON
    return 200, b'{"status":"ready"}', _JSON


def metrics() -> Answer:
    """Counters of this process and figures of the database, as text for Prometheus."""
    _read_figures()
    return 200, render(), CONTENT_TYPE


ANSWERS: dict[str, Callable[[], Answer]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}
