"""Reads of commerce for people: stores, buyers, an order with its parcels and returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Prefetch, Q, QuerySet

from tradewind.commerce.models import Buyer, Identity, Order, OrderItem, Return, Shipment, Store
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right

PAGE = 50


def stores(actor: Actor) -> list[Store]:
    """The workspace's stores by name."""
    actor.require(Right.READ)
    return list(Store.objects.filter(workspace_id=actor.workspace_id).order_by("name"))


def get_order(actor: Actor, order_id: int) -> Order:
    """One order with items, parcels and returns; raises NotFound."""
    actor.require(Right.READ)
    order = _whole_orders().filter(workspace_id=actor.workspace_id, pk=order_id).first()
    if order is None:
        raise NotFound("order")
    return order


def orders_of_buyer(buyer_id: int, *, most: int = 30) -> list[Order]:
    """A buyer's orders, newest first."""
    return list(
        _whole_orders()
        .filter(buyer_id=buyer_id)
        .order_by(F("placed_at").desc(nulls_last=True), "-id")[:most]
    )


def _whole_orders() -> QuerySet[Order]:
    return Order.objects.select_related("store").prefetch_related(
        Prefetch("items", OrderItem.objects.order_by("id")),
        Prefetch("shipments", Shipment.objects.order_by("-id")),
        Prefetch("returns", Return.objects.order_by("-requested_at", "-id")),
    )


def refundable(order: Order) -> Decimal | None:
    """What may still be paid back; None when the platform has not told the total."""
    return None if order.total is None else max(Decimal(0), order.total - order.refunded)


def get_buyer(actor: Actor, buyer_id: int) -> Buyer:
    """One buyer; raises NotFound."""
    actor.require(Right.READ)
    buyer = Buyer.objects.filter(workspace_id=actor.workspace_id, pk=buyer_id).first()
    if buyer is None:
        raise NotFound("buyer")
    return buyer


def identities_of(buyer_id: int) -> list[Identity]:
    """The aliases a buyer is known by."""
    return list(Identity.objects.filter(buyer_id=buyer_id).order_by("kind", "value"))


@dataclass(frozen=True, slots=True)
class BuyerPage:
    """Part of the list of buyers; ``next`` is the cursor of the part after it."""

    rows: Sequence[Buyer]
    next: str | None


def buyers(actor: Actor, *, query: str = "", cursor: str = "", size: int = PAGE) -> BuyerPage:
    """Buyers, last seen first; ``query`` is the beginning of a name or a whole alias."""
    actor.require(Right.READ)
    found = Buyer.objects.filter(workspace_id=actor.workspace_id)
    if query := query.strip():
        known = Identity.objects.filter(value__in=[query, query.lower()]).values("buyer_id")
        found = found.filter(Q(name__istartswith=query) | Q(pk__in=known))
    ordered = found.order_by(F("last_seen_at").desc(), "-id")
    if cursor:
        at, id_ = _cursor(cursor)
        ordered = ordered.filter(Q(last_seen_at__lt=at) | Q(last_seen_at=at, id__lt=id_))
    rows = list(ordered[: size + 1])
    more = len(rows) > size
    last = rows[size - 1] if more else None
    return BuyerPage(rows[:size], f"{last.last_seen_at.isoformat()}_{last.pk}" if last else None)


def _cursor(cursor: str) -> tuple[datetime, int]:
    at, _, id_ = cursor.rpartition("_")
    try:
        return datetime.fromisoformat(at), int(id_)
    except ValueError:
        raise Invalid(f"cursor: got “{cursor[:60]}”, wanted one that a page gave as next") from None
