"""How urgent a conversation is, and by when somebody must answer. Pure: facts in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

# What a label adds to the priority, 0–100. Seeds; severity of a problem comes from the map.
_URGENCY = {"critical": 60, "high": 25, "normal": 0, "low": -10}
_EMOTION = {"angry": 12, "anxious": 6, "disappointed": 5, "calm": 0, "pleased": -8}
_COMPLAINT = {"explicit": 6, "implicit": 4, "none": 0}
_THREAT = {
    "legal": 25,
    "chargeback": 22,
    "platform_claim": 22,
    "public_exposure": 20,
    "bad_review": 15,
}
_SEVERITY = 6  # for each step of the problem's severity, 0–3

# A full priority moves a conversation this much ahead of its deadline in the list.
_AHEAD = timedelta(hours=24)
# Where one that owes nobody an answer stands: behind all that do.
_LAST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Facts:
    """What urgency depends on."""

    urgency: str = "normal"
    emotion: str = "calm"
    complaint: str = "none"
    threats: Sequence[str] = ()
    severity: int = 1
    order_total: Decimal | None = None
    past_orders: int = 0


def priority(facts: Facts) -> int:
    """Priority 0–100: severity × mood × buyer value × order value, added up from stated weights."""
    points = (
        _URGENCY.get(facts.urgency, 0)
        + _EMOTION.get(facts.emotion, 0)
        + _COMPLAINT.get(facts.complaint, 0)
        + max((_THREAT.get(threat, 0) for threat in facts.threats), default=0)
        + 3 * max(0, len(facts.threats) - 1)
        + _SEVERITY * facts.severity
        + _value_points(facts)
    )
    return max(0, min(100, points))


def _value_points(facts: Facts) -> int:
    total = facts.order_total or Decimal(0)
    return (total >= 50) + 2 * (total >= 200) + min(4, facts.past_orders)


@dataclass(frozen=True, slots=True)
class Due:
    """The two clocks of a conversation, and its place in the list."""

    platform_at: datetime | None
    company_at: datetime | None
    rank_at: datetime


def due(
    *,
    asked_at: datetime | None,
    platform_minutes: int | None,
    company_minutes: int,
    priority: int,
    last_at: datetime,
) -> Due:
    """When an answer is due; ``asked_at`` is the oldest unanswered question, None: nothing is owed.

    A further message of the buyer does not push the deadline back: the oldest one counts.
    """
    if asked_at is None:
        return Due(None, None, last_at + _LAST)
    platform_at = asked_at + timedelta(minutes=platform_minutes) if platform_minutes else None
    company_at = asked_at + timedelta(minutes=company_minutes)
    first = min(at for at in (platform_at, company_at) if at)
    return Due(platform_at, company_at, first - _AHEAD * (priority / 100))
