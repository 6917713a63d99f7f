"""How much a token may ask for: a bucket that refills, kept by each process.

Each web process gives its own share, so N processes together allow N times the rate: a limit that
protects the machine, not a bill.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass

from tradewind.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Left:
    """What a token may still ask for: of ``limit``, whole again in ``reset`` seconds."""

    limit: int
    remaining: int
    reset: int

    def as_headers(self) -> dict[str, str]:
        """The headers of draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


class Allowance:
    """``burst`` at once, then ``rate`` a second, for each token."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, token_id: int, count: int = 1) -> Left:
        """Take from the token's bucket; raises Problem 429 with seconds to wait."""
        now = time.monotonic()
        left, at = self._left.get(token_id, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        wanted = min(count, self._burst)
        if left < wanted:
            wait = max(1, math.ceil((wanted - left) / self._rate))
            raise Problem(
                status=429,
                title="Too many requests",
                detail=f"wanted at most {self._rate:g} a second; try again in {wait} s",
                retry_after=wait,
                ratelimit=asdict(self._told(left)),
            )
        self._left[token_id] = (left - wanted, now)
        return self._told(left - wanted)

    def _told(self, left: float) -> Left:
        reset = math.ceil((self._burst - left) / self._rate)
        return Left(limit=int(self._burst), remaining=max(0, int(left)), reset=reset)
