"""/channels: the connections and their ledgers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ninja import Router

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import ChannelList
from tradewind.channels import services as channels
from tradewind.channels.models import Channel
from tradewind.identity.roles import Scope

router = Router(tags=["Channels"])


@router.get(
    "/channels",
    auth=Needs(Scope.CONVERSATIONS_READ),
    response=ChannelList,
    summary="List channels with their ledgers",
)
def list_channels(request: ProgramRequest) -> Any:
    """What came through each connection and what became of it."""
    return {"items": [_shape(channel) for channel in channels.channels_of(request.auth)]}


def _shape(channel: Channel) -> dict[str, Any]:
    names = ("id", "name", "platform", "state", "last_delivery_at", "last_error")
    return {
        **{name: getattr(channel, name) for name in names},
        # The key of any other channel is a door that only its platform need know.
        "key": channel.key if channel.platform == "api" else None,
        "ledger": asdict(channels.ledger(channel)),
    }
