"""Access tokens of channels, kept sealed in the database: every process uses the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db.transaction import atomic

from tradewind.channels.connector.errors import AuthFailed
from tradewind.channels.connector.tokens import Token
from tradewind.channels.models import Channel
from tradewind.channels.sealing import seal, secrets_of
from tradewind.core.crypto import place

_LOCK = 7464
_PATIENCE = "30s"
# Secrets that a person replaces by connecting the account anew: tokens had before are void then.
_GRANTS = ("refresh_token", "access_token")


class DatabaseTokens:
    """Tokens by channel key and name (``connector.tokens.TokenStore``), in the workspace entered.

    A token is written at once, outside of any transaction of its caller's making, for the platform
    has forgotten the one before.
    """

    def find(self, account_id: str, name: str) -> Token | None:
        """The token kept under this name, None when the account was connected anew since."""
        channel = Channel.objects.filter(key=account_id).first()
        kept = _opened(channel).get(name) if channel else None
        return _token(kept) if kept else None

    @atomic
    def save(self, account_id: str, name: str, token: Token) -> None:
        """Keep a token, also over a restart."""
        channel = Channel.objects.select_for_update(no_key=True).filter(key=account_id).first()
        if channel is None:
            return
        kept = _opened(channel) | {
            "grant": _grant(channel),
            name: {
                "access": token.access,
                "refresh": token.refresh,
                "expires_at": token.expires_at.isoformat() if token.expires_at else "",
            },
        }
        sealed = seal().seal(orjson.dumps(kept), _aad(channel))
        Channel.objects.filter(pk=channel.pk).update(tokens=sealed)

    @contextmanager
    def exclusive(self, account_id: str) -> Iterator[None]:
        """One refresher at a time over all processes; a process that dies frees it at once."""
        number = int.from_bytes(hashlib.sha256(account_id.encode()).digest()[:4], signed=True)
        with psycopg.connect(settings.APP_URL, autocommit=True) as lock:
            lock.execute("SELECT set_config('lock_timeout', %s, false)", [_PATIENCE])
            try:
                lock.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, number])
            except psycopg.errors.LockNotAvailable:
                sentence = "Another process has been renewing the token for too long."
                raise AuthFailed(sentence, temporary=True) from None
            yield


def _opened(channel: Channel) -> dict[str, Any]:
    if not channel.tokens:
        return {}
    kept: dict[str, Any] = orjson.loads(seal().open(bytes(channel.tokens), _aad(channel)))
    return kept if kept.get("grant") == _grant(channel) else {}


def _grant(channel: Channel) -> str:
    secrets = secrets_of(channel)
    given = "\x00".join(secrets.get(name, "") for name in _GRANTS)
    return hashlib.sha256(given.encode()).hexdigest()


def _token(kept: dict[str, str]) -> Token:
    expires = kept["expires_at"]
    return Token(
        kept["access"], datetime.fromisoformat(expires) if expires else None, kept["refresh"]
    )


def _aad(channel: Channel) -> bytes:
    return place("channels_channel", "tokens", channel.key)
