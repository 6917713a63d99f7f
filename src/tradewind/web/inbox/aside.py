"""The panel beside a conversation: its order, its buyer, what was done to it."""

from __future__ import annotations

from typing import Any

from tradewind.commerce import queries as commerce
from tradewind.commerce.addresses import address_of, in_the_clear, masked
from tradewind.commerce.models import Order
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.hiding import hidden_from
from tradewind.identity.names import colleagues_of
from tradewind.identity.roles import Right
from tradewind.inbox import timeline
from tradewind.inbox.covering import cover_of
from tradewind.inbox.models import Conversation
from tradewind.web.inbox.happenings import act_words, said_of_activity
from tradewind.web.inbox.thread import parcel_events
from tradewind.web.seen import cover_aliases, cover_buyers, cover_order, cover_rows

TABS = ("order", "buyer", "activity")


def aside_context(
    actor: Actor, found: Conversation, tab: str, *, order: Order | None = None
) -> dict[str, Any]:
    """What the chosen tab shows; without an order the buyer stands first.

    ``order`` is that of the conversation where it is read and covered already.
    """
    if tab == "order" and order is not None:
        return {"tab": tab, "facts": order_facts(order)}
    if tab == "order" and found.order_id is None and found.buyer_id:
        tab = "buyer"
    makers = {"order": _order, "buyer": _buyer, "activity": _activity}
    tab = tab if tab in makers else "order"
    return {"tab": tab} | makers[tab](actor, found)


def _order(actor: Actor, found: Conversation) -> dict[str, Any]:
    if found.order_id is None:
        return {"facts": None}
    order = commerce.get_order(actor, found.order_id)
    cover_order(order, cover_of(hidden_from(actor), found))
    return {"facts": order_facts(order)}


def order_facts(order: Order, *, clear: bool = False) -> dict[str, Any]:
    """An order with what is computed of it; the address masked unless ``clear``."""
    address = address_of(order)
    return {
        "order": order,
        "items": order.items.all(),
        "returns": order.returns.all(),
        "parcels": [(s, parcel_events(s)) for s in order.shipments.all()],
        "refundable": commerce.refundable(order),
        "masked": masked(address),
        "address": in_the_clear(address) if clear else [],
    }


def _buyer(actor: Actor, found: Conversation) -> dict[str, Any]:
    if found.buyer_id is None:
        return {"buyer": None}
    cover_buyers(actor, [found.buyer] if found.buyer else [])
    return {"buyer": found.buyer} | buyer_facts(actor, found.buyer_id, but=found.pk)


def buyer_facts(actor: Actor, buyer_id: int, *, but: int | None = None) -> dict[str, Any]:
    """What is known of a buyer: aliases, orders, conversations, reasons for writing."""
    conversations = timeline.conversations_of_buyer(buyer_id, but=but)
    cover_rows(hidden_from(actor), conversations)
    identities = commerce.identities_of(buyer_id)
    cover_aliases(actor, identities)
    reasons: dict[str, int] = {}
    for one in conversations:
        if one.intent:
            reasons[one.intent] = reasons.get(one.intent, 0) + 1
    return {
        "identities": identities,
        "orders": commerce.orders_of_buyer(buyer_id),
        "conversations": conversations,
        "reasons": sorted(reasons.items(), key=lambda pair: -pair[1]),
    }


def _activity(actor: Actor, found: Conversation) -> dict[str, Any]:
    names = {m.person_id: m.person for m in colleagues_of(actor.workspace_id)}
    done = [
        (a.at, *said_of_activity(a, names)) for a in reversed(timeline.log_of(found).activities)
    ]
    trail = identity.trail_of(actor, found) if actor.may(Right.READ_AUDIT) else []
    return {
        "done": done,
        "trail": [(e.at, str(e.person or e.token or ""), act_words(e.act)) for e in trail],
    }
