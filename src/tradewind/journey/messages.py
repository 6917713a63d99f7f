"""From canonical message events to messages on their way into the inbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from tradewind.channels.contract import Event, EventKind
from tradewind.channels.deliveries import Claimed
from tradewind.channels.mail.html import html_to_text, safe_html
from tradewind.commerce import buyers, orders
from tradewind.commerce.buyers import Alias, Sighting
from tradewind.inbox.arrived import Arrived
from tradewind.inbox.models import Direction
from tradewind.journey.places import Place
from tradewind.journey.threads import ties_of

_TEXT = 1_000_000
# PostgreSQL keeps no NUL; lone surrogates are no text.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def arrived_of(
    events: Sequence[tuple[Claimed, Event]], place_of: Mapping[int, Place]
) -> list[Arrived]:
    """The messages among the events, with their buyer."""
    said = [(e.fields, place_of[c.channel_id]) for c, e in events if e.kind is EventKind.MESSAGE]
    now = timezone.now()
    arrived = [_arrived(fields, place, now=now) for fields, place in said]
    sightings = [
        Sighting(
            aliases=_aliases(fields, place) if a.direction == Direction.IN else [],
            name=a.author_name,
            at=a.sent_at,
            country=place.country,
        )
        for a, (fields, place) in zip(arrived, said, strict=True)
    ]
    for a, buyer_id in zip(arrived, buyers.resolve(sightings), strict=True):
        a.buyer_id = buyer_id
    return arrived


def _arrived(fields: Mapping[str, Any], place: Place, *, now: datetime) -> Arrived:
    html = safe_html(_text(fields, "html")).html if fields.get("html") else ""
    text = _text(fields, "text") or (html_to_text(html) if html else "")
    # A clock ahead of ours must not put a message on top for ever.
    sent_at = min(orders.time_of(fields.get("sent_at")) or now, now)
    ties = ties_of(place.channel_id, fields, at=sent_at)
    return Arrived(
        channel_id=place.channel_id,
        platform=place.platform,
        external_id=_text(fields, "id"),
        direction=str(fields.get("direction") or Direction.IN),
        thread_keys=[_UNKEEPABLE.sub("", key) for key in ties.keys],
        faded_keys=[_UNKEEPABLE.sub("", key) for key in ties.faded],
        conversation_id=ties.conversation,
        text=text[:_TEXT],
        sent_at=sent_at,
        author_name=_text(fields, "author_name"),
        subject=_text(fields, "subject"),
        quoted=_text(fields, "quoted")[:_TEXT],
        html=html,
        headers=fields.get("headers") or {},
        is_auto=bool(fields.get("auto")),
        edited_at=orders.time_of(fields.get("edited_at")),
        store_id=place.store_id,
        country=place.country,
        order_number=_order_number(fields),
        reply_to=_text(fields, "reply_address")
        or _text(fields, "conversation_id")
        or _text(fields, "author_email"),
        reply_context=fields.get("reply_context") or {},
        attachments=list(fields.get("attachments") or []),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return _UNKEEPABLE.sub("", str(value)) if value not in (None, "") else ""


def _aliases(fields: Mapping[str, Any], place: Place) -> list[Alias]:
    """How a sender is known, strongest first."""
    found: list[Alias] = []
    if author_id := _text(fields, "author_id"):
        found.append((place.platform, author_id[:320]))
    if email := _text(fields, "author_email"):
        found.append(("email", email.lower()[:320]))
    if phone := _text(fields, "author_phone"):
        found.append(("phone", phone[:320]))
    return found


def buyer_of_order(fields: Mapping[str, Any], place: Place) -> int | None:
    """The buyer of an order event, known by platform id or address."""
    known_as = {"author_id": fields.get("buyer_id"), "author_email": fields.get("buyer_email")}
    sighting = Sighting(
        aliases=_aliases(known_as, place),
        name=_text(fields, "buyer_name"),
        at=orders.time_of(fields.get("placed_at")) or timezone.now(),
        country=_text(fields, "country") or place.country,
    )
    return buyers.resolve([sighting])[0]


def _order_number(fields: Mapping[str, Any]) -> str:
    numbers = fields.get("order_ids") or [""]
    return _UNKEEPABLE.sub("", str(numbers[0])).strip()[:120]
