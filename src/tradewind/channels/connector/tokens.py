"""Access tokens that expire: what one is and where it is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

_EARLY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; ``refresh`` is the refresh token that came with it, if it rotates."""

    access: str = field(repr=False)
    expires_at: datetime | None = None
    refresh: str = field(default="", repr=False)

    def is_valid(self, now: datetime) -> bool:
        """Whether the token may be used for the next minute."""
        return self.expires_at is None or self.expires_at - _EARLY > now


class TokenStore(Protocol):
    """Keeps tokens per account and name, so that every process uses the same one."""

    def find(self, account_id: str, name: str) -> Token | None:
        """The token kept under this name."""
        ...

    def save(self, account_id: str, name: str, token: Token) -> None:
        """Keep a token; a rotated refresh token must survive a restart."""
        ...

    def exclusive(self, account_id: str) -> AbstractContextManager[None]:
        """A lock: one refresher at a time, or platforms revoke the pair."""
        ...


class MemoryTokens:
    """Tokens in this process, for tests and one-shot commands."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], Token] = {}
        self._lock = threading.RLock()

    def find(self, account_id: str, name: str) -> Token | None:
        """The token kept under this name."""
        return self._tokens.get((account_id, name))

    def save(self, account_id: str, name: str, token: Token) -> None:
        """Keep a token until the process ends."""
        self._tokens[account_id, name] = token

    @contextmanager
    def exclusive(self, account_id: str) -> Iterator[None]:
        """A lock over all accounts of this process."""
        del account_id
        with self._lock:
            yield
