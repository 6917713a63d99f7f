"""What the composer needs: drafts, limits, language, values of the order to put in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tradewind.commerce import queries as commerce
from tradewind.commerce.models import Order
from tradewind.identity.actor import Actor
from tradewind.inbox import timeline
from tradewind.inbox.models import Conversation, Draft
from tradewind.journey.policy import rules_of
from tradewind.web.inbox.choices import language_name


@dataclass(frozen=True, slots=True)
class Variable:
    """Something of the order to put into the text; ``:name`` and a space do it too."""

    name: str
    label: str
    value: str


def composer_context(
    actor: Actor,
    found: Conversation,
    *,
    order: Order | None = None,
    drafts: Sequence[Draft] | None = None,
) -> dict[str, Any]:
    """The composer of this person in this conversation; what is read already is given."""
    drafts = timeline.drafts_of(found) if drafts is None else drafts
    mine = [d for d in drafts if d.author_id == actor.person_id]
    reply = next((d for d in mine if not d.is_note), None)
    note = next((d for d in mine if d.is_note), None)
    return {
        "c": found,
        "reply_draft": reply,
        "note_draft": note,
        "base_id": (reply.base_message_id if reply else None) or found.last_message_id or "",
        "send_key": send_key(),
        "limit": rules_of(found.platform).get("max_chars") or "",
        "buyer_language": language_name(found.language) if found.language else "",
        "variables": variables_of(actor, found, order),
    }


def variables_of(actor: Actor, found: Conversation, order: Order | None = None) -> list[Variable]:
    """Values worth putting into a reply; only those that are known."""
    known = [Variable("name", _("Buyer’s name"), found.buyer_name)]
    if found.order_id:
        order = order or commerce.get_order(actor, found.order_id)
        parcel = next(iter(order.shipments.all()), None)
        item = next(iter(order.items.all()), None)
        known += [
            Variable("order", _("Order number"), order.number),
            Variable("tracking", _("Tracking number"), parcel.tracking_number if parcel else ""),
            Variable("carrier", _("Carrier"), parcel.carrier if parcel else ""),
            Variable("item", _("Item"), item.title or item.sku if item else ""),
            Variable("total", _("Amount paid"), f"{order.total} {order.currency}".strip()
                     if order.total is not None else ""),
        ]  # fmt: skip
    return [v for v in known if v.value]


def send_key() -> str:
    """By which the same press of Send is known when it comes twice."""
    return f"w_{secrets.token_urlsafe(18)}"
