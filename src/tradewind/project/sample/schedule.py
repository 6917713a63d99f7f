"""When each sample conversation began, so that the desk looks as a desk does today."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tradewind.project.sample.data import Script

SPAN_DAYS = 60
# Hours an open question has waited, and how many of a hundred have: most are fine, many near their
# deadline (the workspace promises 16 hours), some over it.
_WAITED = ((0.2, 7.5), (7.5, 11.9), (12.1, 15.9), (16.2, 26.0), (26.0, 66.0))
_OF_A_HUNDRED = (52, 14, 20, 9, 5)


def owed_since(script: Script) -> float | None:
    """Hours from the start to the oldest question that nobody has answered; None: all answered."""
    asked = None
    for who, hours, _ in script.turns:
        if who == "a":
            asked = None
        elif who == "b" and asked is None:
            asked = hours
    return asked


def start_of(script: Script, *, now: datetime, rng: Random) -> datetime:
    """When the first message was sent; the last turn is before ``now``."""
    last = max(hours for _, hours, _ in script.turns)
    asked = owed_since(script)
    if script.state == "resolved":
        return now - timedelta(hours=last, days=_days_ago(rng, last))
    if script.state == "open" and asked is not None:
        waited = max(_waited(rng), last - asked + 0.1)
        return now - timedelta(hours=waited + asked)
    most = {"pending": 110.0, "snoozed": 70.0}.get(script.state, 60.0)
    return now - timedelta(hours=last + rng.uniform(0.4, most))


def _waited(rng: Random) -> float:
    least, most = rng.choices(_WAITED, _OF_A_HUNDRED)[0]
    return rng.uniform(least, most)


def _days_ago(rng: Random, last: float) -> float:
    """More of them lately than long ago, as people see the newest first."""
    days: float = 0.1 + (SPAN_DAYS - 2) * rng.random() ** 1.25
    return min(SPAN_DAYS - 1 - last / 24, days)
