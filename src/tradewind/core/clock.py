"""The time, always aware and in UTC; functions that depend on it take it as an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)
