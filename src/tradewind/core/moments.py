"""Which moments are believed when others tell them: those that days can be added to.

Programs write the year 1 or 9999 for "no time", and a broken clock says 1970.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=366)
WANTED = "a time from 1980 to at most a year ahead"


def is_storable(moment: datetime) -> bool:
    """Whether a moment with a time zone lies where days can be added and taken away."""
    return EARLIEST <= moment < LATEST


def is_believable(moment: datetime, *, now: datetime) -> bool:
    """Whether something may really have happened, or be due, at this moment."""
    return EARLIEST <= moment <= now + AHEAD
