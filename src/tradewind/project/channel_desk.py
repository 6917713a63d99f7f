"""Channels as the operator of the machine sees them; the workspace is entered already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.channels import services
from tradewind.channels.models import Channel, Delivery
from tradewind.channels.services import Ledger
from tradewind.core.errors import OperatorError
from tradewind.project.accounts import operator


def channels() -> list[Channel]:
    """Every channel of the workspace, oldest first."""
    return list(Channel.objects.order_by("id"))


def find(key: str) -> Channel:
    """The channel of this key (or the beginning of one), number or name; raises OperatorError."""
    known = channels()
    fits = [c for c in known if key in (c.key, str(c.pk), c.name)] or [
        c for c in known if len(key) >= 6 and c.key.startswith(key)
    ]
    if len(fits) == 1:
        return fits[0]
    told = ", ".join(f"{c.key} “{c.name}”" for c in known) or "none: `tradewind channel create`"
    found = f"{len(fits)} channels" if fits else "no channel"
    raise OperatorError(f"“{key}” fits {found} of this workspace; wanted one of {told}.")


def create(
    platform: str, name: str, *, config: Mapping[str, Any], given: Mapping[str, str], live: bool
) -> Channel:
    """A new channel; raises Problem for a platform there is no connector of."""
    return services.create_channel(
        operator(),
        platform=platform,
        name=name,
        config=config,
        secrets_given=given,
        state="live" if live else "draft",
    )


def ledger(channel: Channel) -> Ledger:
    """What came through and what became of it."""
    return services.ledger(channel)


def failed(channel: Channel, *, most: int) -> list[Delivery]:
    """The newest failed deliveries."""
    return list(Delivery.objects.filter(channel=channel, state="failed").order_by("-id")[:most])


def replay(channel: Channel, delivery_ids: Sequence[int]) -> int:
    """Apply failed deliveries again; raises OperatorError for numbers that are not failed ones."""
    wanted = list(delivery_ids) or None
    if wanted:
        found = Delivery.objects.filter(channel=channel, state="failed", pk__in=wanted)
        missing = sorted(set(wanted) - set(found.values_list("pk", flat=True)))
        if missing:
            told = ", ".join(map(str, missing))
            raise OperatorError(
                f"--delivery: {told} is no failed delivery of “{channel.name}”; "
                f"`tradewind channel ledger {channel.key}` lists them. Nothing was replayed."
            )
    return services.replay(operator(), channel, delivery_ids=wanted)


def setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE as a pair; a value that is JSON is taken as such. Raises OperatorError."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise OperatorError(f"--set: got “{text}”, wanted NAME=VALUE.")
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        return name.strip(), value
    return name.strip(), parsed
