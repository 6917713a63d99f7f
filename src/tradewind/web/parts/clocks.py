"""Deadlines as they are drawn: how long is left, in which quarter, in which state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final, Literal

Owner = Literal["platform", "company"]
State = Literal["", "near", "over", "met", "held"]

OWNERS: Final = ("platform", "company")
NEAR_SHARE: Final = 0.25
NEAR_WITHOUT_START: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ClockFace:
    """What one clock shows: ``quarter`` 0–4 of the time left, ``text`` such as ``3h 12m``."""

    state: State
    quarter: int
    text: str


def duration_text(span: timedelta) -> str:
    """A length of time in its two largest units: ``1d 4h``, ``3h 12m``, ``24m``, ``0m``."""
    minutes = int(abs(span.total_seconds()) // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days}d {hours}h" if hours else f"{days}d"
    if hours:
        return f"{hours}h {minutes:02d}m" if minutes else f"{hours}h"
    return f"{minutes}m"


def read_clock(due: datetime, *, now: datetime, start: datetime | None = None) -> ClockFace:
    """The face of a running clock; ``start`` is when it began and tells when it is near."""
    left = due - now
    if left < timedelta(0):
        return ClockFace(state="over", quarter=0, text=f"+{duration_text(left)}")
    if start is None or start >= due:
        near = left <= NEAR_WITHOUT_START
        return ClockFace(state="near" if near else "", quarter=1 if near else 4,
                         text=duration_text(left))  # fmt: skip
    share = min(left / (due - start), 1.0)
    return ClockFace(
        state="near" if share <= NEAR_SHARE else "",
        quarter=ceil(share * 4),
        text=duration_text(left),
    )
