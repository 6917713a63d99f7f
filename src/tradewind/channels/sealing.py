"""Bodies and secrets of channels, sealed before they touch the disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import orjson
from django.conf import settings

from tradewind.channels.contract import Account
from tradewind.channels.models import Channel
from tradewind.core.crypto import Seal, place


@cache
def seal() -> Seal:
    """What seals and opens the fields of channels."""
    return Seal(settings.KEYS, "channels")


def seal_body(body: bytes, *, channel_id: int, dedupe_key: str) -> bytes:
    """A delivery's body as it is stored; it opens only in the row that it was sealed for."""
    return seal().seal(body, _body_aad(channel_id, dedupe_key))


def open_body(sealed: bytes, *, channel_id: int, dedupe_key: str) -> bytes:
    """A delivery's body as it came."""
    return seal().open(sealed, _body_aad(channel_id, dedupe_key))


def _body_aad(channel_id: int, dedupe_key: str) -> bytes:
    # The row has no id yet when it is sealed; channel and key are what makes it unique.
    return place("channels_delivery", "body", f"{channel_id}:{dedupe_key}")


def _secrets_aad(channel: Channel) -> bytes:
    return place("channels_channel", "secrets", channel.key)


def secrets_of(channel: Channel) -> dict[str, str]:
    """The channel's secrets by name."""
    if not channel.secrets:
        return {}
    opened: dict[str, str] = orjson.loads(
        seal().open(bytes(channel.secrets), _secrets_aad(channel))
    )
    return opened


def set_secrets(channel: Channel, changes: Mapping[str, str], *, keep_former: bool = False) -> None:
    """Set secrets by name (an empty text removes one); the row is not saved.

    ``keep_former`` keeps the value replaced as ``NAME.previous``, which connectors still accept:
    platforms sign with the old secret for a while after a rotation.
    """
    values = secrets_of(channel)
    for name, value in changes.items():
        if keep_former and values.get(name) not in (None, value):
            values[f"{name}.previous"] = values[name]
        values[name] = value
    kept = {name: value for name, value in values.items() if value}
    channel.secrets = seal().seal(orjson.dumps(kept), _secrets_aad(channel))


def account_of(channel: Channel) -> Account:
    """The channel as its connector sees it."""
    return Account(
        id=channel.key,
        platform=channel.platform,
        config=channel.config,
        secrets=secrets_of(channel),
    )
