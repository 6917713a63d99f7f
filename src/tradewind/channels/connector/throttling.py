"""Rates: what the platform says about them, and a bucket to keep below them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from tradewind.channels.connector import times
from tradewind.channels.connector.egress import Answered
from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.mapping import is_true
from tradewind.channels.connector.model import RateRule, ThrottleRule

LONGEST_WAIT_S = 3_600.0
_KEPT = 10_000


def is_throttled(rule: ThrottleRule, answer: Answered) -> bool:
    """Whether the answer means "slower", by status or by what its body says."""
    if answer.status == 429 or answer.status in rule.status:
        return True
    if rule.body is None:
        return False
    try:
        return is_true(rule.body.find(answer.json))
    except ExpressionFailed:
        return False


def retry_after(rule: ThrottleRule, headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait by the platform's headers, None when they do not say."""
    text = headers.get(rule.retry_after_header.lower(), "")
    seconds = times.to_number(text) if text else None
    if seconds is None and text:
        seconds = _until(text, now)
    if seconds is None and rule.reset_header:
        seconds = _reset(rule, headers.get(rule.reset_header.lower(), ""), now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)


def _until(text: str, now: datetime) -> float | None:
    try:
        return (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError):
        return None


def _reset(rule: ThrottleRule, text: str, now: datetime) -> float | None:
    number = times.to_number(text) if text else None
    if number is None:
        return None
    seconds = number / 1000 if rule.reset_unit == "ms" else number
    # A small number counts seconds, a large one is a moment.
    return seconds - now.timestamp() if seconds > 1e8 else seconds


class Buckets:
    """Token buckets by rate rule and scope value, in this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: dict[tuple[RateRule, str], tuple[float, float]] = {}

    def wait(self, rule: RateRule, scope: str) -> float:
        """Take one token; 0.0 when there was one, else the seconds to wait before asking again."""
        now = self._clock()
        level, since = self._levels.get((rule, scope), (float(rule.burst), now))
        per_second = rule.rate / rule.per_s
        level = min(float(rule.burst), level + (now - since) * per_second)
        if level < 1:
            self._levels[rule, scope] = (level, now)
            return (1 - level) / per_second
        if len(self._levels) > _KEPT:
            self._levels.clear()
        self._levels[rule, scope] = (level - 1, now)
        return 0.0
