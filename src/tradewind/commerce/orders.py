"""Orders, shipments and returns as platforms tell them: idempotent, whatever order they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tradewind.commerce.addresses import set_address
from tradewind.commerce.models import Order, OrderItem, Return, ReturnStage, Shipment, Stage
from tradewind.core import moments

Fields = Mapping[str, Any]

_ORDER_TEXT = {"number": 120, "status": 60, "fulfilment": 12, "country": 2, "currency": 3}
_ORDER_TIMES = ("placed_at", "updated_at", "ship_by", "deliver_by")


def time_of(value: Any) -> datetime | None:
    """A canonical time (ISO 8601) as a datetime; None when it is none or not of our days."""
    try:
        at = parse_datetime(value) if isinstance(value, str) else value
    except ValueError:  # a 30th of February
        return None
    if not isinstance(at, datetime):
        return None
    at = timezone.make_aware(at) if timezone.is_naive(at) else at
    return at if moments.is_storable(at) else None


def money_of(value: Any) -> Decimal | None:
    """A canonical amount (decimal string) as a Decimal; None when it is none."""
    try:
        amount = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return amount if amount is None or amount.is_finite() else None


def upsert_order(
    fields: Fields, *, platform: str, store_id: int | None, buyer_id: int | None
) -> Order:
    """Make the order or bring it up to date; an older state never overwrites a newer."""
    order, is_new = Order.objects.select_for_update(no_key=True).get_or_create(
        platform=platform,
        external_id=str(fields["id"])[:120],
        defaults={"number": str(fields.get("number") or fields["id"])[:120], "store_id": store_id},
    )
    updated_at = time_of(fields.get("updated_at"))
    if not is_new and order.updated_at and updated_at and updated_at < order.updated_at:
        return order
    for name, size in _ORDER_TEXT.items():
        if fields.get(name):
            setattr(order, name, str(fields[name])[:size])
    for name in _ORDER_TIMES:
        if at := time_of(fields.get(name)):
            setattr(order, name, at)
    if (total := money_of(fields.get("total"))) is not None:
        order.total = total
    order.store_id = order.store_id or store_id
    order.buyer_id = buyer_id or order.buyer_id
    _take_address(order, fields.get("address"))
    order.partial = bool(fields.get("partial")) and (is_new or order.partial)
    order.save()
    if fields.get("items"):
        _replace_items(order, fields["items"])
    return order


def _take_address(order: Order, address: Any) -> None:
    if isinstance(address, Mapping):
        set_address(order, address)


def _replace_items(order: Order, items: Sequence[Fields]) -> None:
    order.items.all().delete()
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            external_id=str(item.get("id") or "")[:120],
            sku=str(item.get("sku") or "")[:120],
            title=str(item.get("title") or "")[:400],
            batch=str(item.get("batch") or "")[:60],
            quantity=max(0, int(item.get("quantity") or 1)),
            price=money_of(item.get("price")),
        )
        for item in items
    )


def find_order(reference: str, *, platform: str, store_id: int | None) -> Order | None:
    """The order of a platform's id, or of the number that people write in this store."""
    bare = reference.lstrip("#")
    found = Order.objects.filter(
        Q(external_id=reference) | Q(number=reference) | Q(number=f"#{bare}"), platform=platform
    )
    fitting = [
        order
        for order in found.order_by("id")
        # Another store on the platform counts its orders by the same numbers.
        if order.external_id == reference or not store_id or order.store_id in (store_id, None)
    ]
    return max(
        fitting,
        key=lambda order: (order.external_id == reference, order.store_id == store_id, order.pk),
        default=None,
    )


def _order_for(reference: Any, *, platform: str, store_id: int | None) -> Order:
    """The order of an event; a parcel or return may arrive before its order does."""
    found = find_order(str(reference), platform=platform, store_id=store_id)
    return found or Order.objects.create(
        platform=platform,
        external_id=str(reference)[:120],
        number=str(reference)[:120],
        store_id=store_id,
        partial=True,
    )


def upsert_shipment(fields: Fields, *, platform: str, store_id: int | None) -> Shipment | None:
    """Make the parcel or bring it up to date; None when the event names no order."""
    references = list(fields.get("order_ids") or []) or [fields.get("order_ref")]
    if not references[0]:
        return None
    order = _order_for(references[0], platform=platform, store_id=store_id)
    shipment, is_new = Shipment.objects.select_for_update(no_key=True).get_or_create(
        order=order, external_id=str(fields.get("id") or fields.get("tracking_number") or "")[:120]
    )
    updated_at = time_of(fields.get("updated_at"))
    if not is_new and shipment.updated_at and updated_at and updated_at < shipment.updated_at:
        return shipment
    _fill_shipment(shipment, fields, updated_at=updated_at)
    shipment.save()
    return shipment


def _fill_shipment(shipment: Shipment, fields: Fields, *, updated_at: datetime | None) -> None:
    shipment.carrier = str(fields.get("carrier") or shipment.carrier)[:80]
    shipment.tracking_number = str(fields.get("tracking_number") or shipment.tracking_number)[:80]
    stage = str(fields.get("stage") or "")
    if stage in Stage.values and stage != Stage.UNKNOWN:
        shipment.stage = stage
    shipment.eta = time_of(fields.get("eta")) or shipment.eta
    shipment.shipped_at = time_of(fields.get("shipped_at")) or shipment.shipped_at
    shipment.updated_at = updated_at or shipment.updated_at
    shipment.events = fields.get("events") or shipment.events


def upsert_return(fields: Fields, *, platform: str, store_id: int | None) -> Return | None:
    """Make the return or dispute or bring it up to date; None when the event names no order."""
    if not fields.get("order_id"):
        return None
    order = _order_for(fields["order_id"], platform=platform, store_id=store_id)
    row, is_new = Return.objects.select_for_update(no_key=True).get_or_create(
        order=order, external_id=str(fields["id"])[:120]
    )
    updated_at = time_of(fields.get("updated_at"))
    if not is_new and row.updated_at and updated_at and updated_at < row.updated_at:
        return row
    stage = str(fields.get("stage") or "")
    row.kind = str(fields.get("return_kind") or row.kind)[:16]
    row.stage = stage if stage in ReturnStage.values else row.stage
    row.status = str(fields.get("status") or row.status)[:80]
    row.reason_code = str(fields.get("reason_code") or row.reason_code)[:120]
    row.reason_text = str(fields.get("reason_text") or row.reason_text)
    row.currency = str(fields.get("currency") or row.currency)[:3]
    if (amount := money_of(fields.get("amount"))) is not None:
        row.amount = amount
    for name in ("respond_by", "requested_at"):
        setattr(row, name, time_of(fields.get(name)) or getattr(row, name))
    row.updated_at = updated_at or row.updated_at
    row.save()
    return row
