"""Ways to hand something in, as the world does."""

from __future__ import annotations

from typing import Any

import orjson

from tradewind.channels import deliveries
from tradewind.channels.models import Channel
from tradewind.identity.scope import in_workspace
from tradewind.journey import arrival


def api_item(external_id: str, text: str = "Where is my parcel?", **more: Any) -> dict[str, Any]:
    """An item in the form of POST /api/v1/messages."""
    return {
        "external_id": external_id,
        "from": {"name": "Anna Keller", "email": "anna@example.de"},
        "text": text,
    } | more


def hand_in(channel: Channel, *items: dict[str, Any]) -> list[deliveries.Accepted]:
    """Accept items of the JSON API, as POST /api/v1/messages does."""
    raws = [deliveries.Raw(deliveries.short_key(i["external_id"]), orjson.dumps(i)) for i in items]
    # Entered anew, as every request does: a browser's test waits long between.
    with in_workspace(channel.workspace_id):
        return deliveries.accept(channel.pk, raws, transport="api")


def arrive(channel: Channel, *items: dict[str, Any]) -> None:
    """Accept items and apply them."""
    hand_in(channel, *items)
    while arrival.apply_waiting():
        pass


def mail_in(channel: Channel, *raws: bytes) -> None:
    """Accept mails as the poller does, and apply them."""
    from tradewind.channels.mail.event import dedupe_key

    deliveries.accept(
        channel.pk,
        [deliveries.Raw(deliveries.short_key(dedupe_key(raw)), raw) for raw in raws],
        transport="mail",
    )
    while arrival.apply_waiting():
        pass
