"""Buyers, orders, parcels and returns of the sample, written table by table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tradewind.commerce.addresses import set_address
from tradewind.commerce.models import Buyer, Identity, Order, OrderItem, Return, Shipment
from tradewind.project.sample.buyers import BuyerSeed
from tradewind.project.sample.data import lanes
from tradewind.project.sample.house import House
from tradewind.project.sample.plan import Case, by_buyer
from tradewind.project.sample.sales import Sale

_BATCH = 1000


def write(house: House, cases: Sequence[Case]) -> None:
    """Write everything that was there before the buyers wrote."""
    buyers = _buyers(cases)
    sold = [(case, case.sale) for case in cases if case.sale]
    orders = [_order(case, sale, house, buyers[case.buyer.key]) for case, sale in sold]
    Order.objects.bulk_create(orders, batch_size=_BATCH)
    pairs = [(order, case, sale) for order, (case, sale) in zip(orders, sold, strict=True)]
    OrderItem.objects.bulk_create([_item(order, sale) for order, _, sale in pairs])
    Shipment.objects.bulk_create(
        [shipment for order, _, sale in pairs for shipment in _shipments(order, sale)]
    )
    Return.objects.bulk_create(
        [back for order, case, sale in pairs for back in _returns(order, case, sale)]
    )


def _buyers(cases: Sequence[Case]) -> dict[str, Buyer]:
    rows: dict[str, Buyer] = {}
    aliases: list[tuple[Buyer, BuyerSeed]] = []
    for key, theirs in by_buyer(cases).items():
        seed = theirs[0].buyer
        moments = [_first_moment(case) for case in theirs]
        rows[key] = Buyer(
            name=seed.name,
            country=seed.country,
            first_seen_at=min(moments),
            last_seen_at=max(case.last_at for case in theirs),
        )
        aliases.append((rows[key], seed))
    Buyer.objects.bulk_create(rows.values(), batch_size=_BATCH)
    Identity.objects.bulk_create(
        [Identity(buyer=buyer, kind=seed.kind, value=seed.value) for buyer, seed in aliases],
        batch_size=_BATCH,
    )
    return rows


def _first_moment(case: Case) -> datetime:
    return case.sale.placed_at if case.sale else case.turns[0].at


def _order(case: Case, sale: Sale, house: House, buyer: Buyer) -> Order:
    parcel = sale.parcel
    updated_at = parcel.updated_at if parcel else sale.placed_at
    number = sale.number.lstrip("#")
    is_own_site = sale.store.platform == "shopify"
    order = Order(
        store=house.stores[sale.store.name],
        buyer=buyer,
        platform=sale.store.platform,
        external_id=f"59{int(number):011d}" if is_own_site else number,
        number=sale.number,
        status=sale.status,
        fulfilment="platform" if sale.store.platform == "amazon" else "merchant",
        country=case.buyer.country,
        currency=sale.currency,
        total=sale.total,
        refunded=sale.refunded,
        placed_at=sale.placed_at,
        updated_at=updated_at,
        deliver_by=parcel.eta if parcel else None,
    )
    set_address(order, _address(case))
    return order


def _address(case: Case) -> dict[str, str]:
    """Where the parcel goes."""
    streets = lanes()["streets"]
    street = case.rng.choice(streets.get(case.buyer.country, streets["*"]))
    return {
        "name": case.buyer.name,
        "lines": street.format(n=case.rng.randrange(2, 140)),
        "city": case.buyer.city,
        "country": case.buyer.country,
    }


def _item(order: Order, sale: Sale) -> OrderItem:
    return OrderItem(
        order=order,
        external_id=f"{order.external_id}-1"[:120],
        sku=sale.sku,
        title=sale.title,
        batch=sale.batch,
        quantity=sale.quantity,
        price=sale.price,
    )


def _shipments(order: Order, sale: Sale) -> list[Shipment]:
    parcel = sale.parcel
    if parcel is None:
        return []
    return [
        Shipment(
            order=order,
            external_id=parcel.number,
            carrier=parcel.carrier,
            tracking_number=parcel.number,
            stage=parcel.stage,
            eta=parcel.eta,
            shipped_at=parcel.shipped_at,
            updated_at=parcel.updated_at,
            events=parcel.events,
        )
    ]


def _returns(order: Order, case: Case, sale: Sale) -> list[Return]:
    return [
        Return(
            order=order,
            external_id=back.number,
            kind=back.kind,
            stage=back.stage,
            status=back.status,
            reason_code=case.script.intent.replace(".", "_").upper(),
            reason_text=case.turns[0].text[:300],
            amount=back.amount,
            currency=sale.currency,
            respond_by=back.respond_by,
            requested_at=back.requested_at,
            updated_at=max(back.requested_at, case.last_at)
            if case.script.state == "resolved"
            else back.requested_at,
        )
        for back in sale.backs
    ]
