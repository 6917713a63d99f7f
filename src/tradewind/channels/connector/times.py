"""Every way platforms write a moment, turned into ISO 8601 UTC ending in ``Z``."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from tradewind.channels.contract import JSON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST_S = 253_402_300_799  # 9999-12-31T23:59:59Z, the last moment datetime can hold


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """The moment as ISO 8601 UTC with ``Z``, with a fraction only where there is one."""
    utc = moment.astimezone(UTC)
    spec = "seconds"
    if utc.microsecond:
        spec = "milliseconds" if utc.microsecond % 1000 == 0 else "microseconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def to_number(value: JSON) -> float | None:
    """The finite number behind a JSON number or a string of digits, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and len(value) > 32:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def from_unix(value: JSON, *, per_second: int = 1) -> datetime | None:
    """The moment of a Unix time; None for anything else, and for 0, which means "no time"."""
    number = to_number(value)
    if number is None or not 0 < number / per_second <= _FARTHEST_S:
        return None
    if per_second == 1000:
        return EPOCH + timedelta(milliseconds=round(number))
    return EPOCH + timedelta(seconds=number)


def from_iso(value: JSON) -> datetime | None:
    """The moment of an ISO 8601 string; without a zone it is taken as UTC."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return _utc(moment)


def from_format(value: JSON, pattern: str) -> datetime | None:
    """The moment of a string in a ``strptime`` pattern; without a zone it is taken as UTC."""
    if not isinstance(value, str) or len(value) > 80:
        return None
    try:
        moment = datetime.strptime(value, pattern)  # noqa: DTZ007  # the zone is set below
    except ValueError:
        return None
    return _utc(moment)


def from_any(value: JSON) -> datetime | None:
    """The moment of an ISO string or a Unix time in seconds or milliseconds, told by its size."""
    number = to_number(value)
    if number is None:
        return from_iso(value)
    # 1e11 seconds is the year 5138; 1e11 milliseconds is 1973.
    return from_unix(value, per_second=1000 if number > 1e11 else 1)


def _utc(moment: datetime) -> datetime | None:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return None
