"""How much a token may ask for: a bucket that refills, kept by each process.

Each web process gives its own share, so N processes together allow N times the rate: a limit that
protects the machine, not a bill.
"""

from __future__ import annotations

import time

from tradewind.core.problems import Problem


class Allowance:
    """``burst`` at once, then ``rate`` a second, for each token."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, token_id: int, count: int = 1) -> None:
        """Take from the token's bucket; raises Problem 429 with seconds to wait."""
        now = time.monotonic()
        left, at = self._left.get(token_id, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < min(count, self._burst):
            wait = max(1, round((min(count, self._burst) - left) / self._rate))
            raise Problem(
                status=429,
                title="Too many requests",
                detail=f"wanted at most {self._rate:g} a second; try again in {wait} s",
                retry_after=wait,
            )
        self._left[token_id] = (left - count, now)
