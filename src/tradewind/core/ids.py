"""Names nobody can guess, and names that sort by the time they were given."""

from __future__ import annotations

import secrets
import time
import uuid


def unguessable(*, prefix: str = "", size: int = 24) -> str:
    """Give ``size`` random bytes as URL-safe text behind the prefix."""
    return prefix + secrets.token_urlsafe(size)


def ordered() -> uuid.UUID:
    """Give a UUID that sorts by time to the millisecond (version 7, RFC 9562 §5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
