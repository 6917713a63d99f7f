"""The order behind a conversation, and the parcel and return that fit what the buyer writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tradewind.project.sample.buyers import BuyerSeed
from tradewind.project.sample.data import Script, StoreSeed, lane_to, products, profiles
from tradewind.project.sample.numbers import Numbers
from tradewind.project.sample.parcels import Parcel, Way, parcel_of
from tradewind.project.sample.slots import needs, price_in

_NEED_ORDER = {"order", "tracking", "date", "eta"}
# What a threat makes of a return, and the hours its platform gives to answer.
_CLAIMS = {"platform_claim": "claim", "chargeback": "dispute"}
_HOURS = {"claim": 48, "not_received": 72, "dispute": 168, "cancel": 24}


@dataclass(slots=True)
class Back:
    """A return, claim or dispute."""

    kind: str
    stage: str
    status: str
    requested_at: datetime
    respond_by: datetime | None
    amount: Decimal
    number: str


@dataclass(slots=True)
class Sale:
    """An order with one line."""

    number: str
    store: StoreSeed
    placed_at: datetime
    status: str
    currency: str
    price: Decimal
    quantity: int
    sku: str
    title: str
    batch: str
    parcel: Parcel | None = None
    backs: list[Back] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What was paid."""
        return self.price * self.quantity

    @property
    def refunded(self) -> Decimal:
        """What went back."""
        return sum((b.amount for b in self.backs if b.stage == "refunded"), Decimal(0))


@dataclass(frozen=True, slots=True)
class Ask:
    """What a sale is made from."""

    script: Script
    store: StoreSeed
    buyer: BuyerSeed
    start: datetime
    now: datetime
    rng: Random
    numbers: Numbers

    @property
    def currency(self) -> str:
        """What the buyer pays in."""
        return self.store.currency or lane_to(self.buyer.country).currency

    @property
    def profile(self) -> dict[str, Any]:
        """What lies behind such a conversation."""
        return profiles()[self.script.intent]


def sku_of(ask: Ask) -> str:
    """The SKU of the product in this store's market."""
    product = products()[ask.script.product]
    variant = f"-{ask.rng.choice(product.variants)}" if product.variants else ""
    return f"{product.sku}{variant}-{ask.store.market}"


def sale_of(ask: Ask, *, sku: str) -> Sale | None:
    """The order behind the conversation; None where the buyer has not bought."""
    profile, rng = ask.profile, ask.rng
    is_needed = bool(_NEED_ORDER & needs(ask.script.words))
    if not is_needed and rng.random() >= profile.get("order", 1.0):
        return None
    placed_at = ask.start - timedelta(days=rng.uniform(*profile["placed"]))
    product = products()[ask.script.product]
    sale = Sale(
        number=_number(ask, placed_at),
        store=ask.store,
        placed_at=placed_at,
        status="",
        currency=ask.currency,
        price=price_in(ask.currency, product.usd),
        quantity=rng.choices((1, 2, 3), (88, 9, 3))[0],
        sku=sku,
        title=f"Islelight {product.model} · {product.name_in(ask.script.language)}",
        batch=f"B{placed_at - timedelta(days=70):%y%m}-{rng.randrange(1, 5):02}",
    )
    sale.parcel = _parcel(ask, placed_at)
    sale.backs = _backs(ask, sale)
    sale.status = _status(ask, sale)
    return sale


def _number(ask: Ask, placed_at: datetime) -> str:
    if ask.store.platform == "shopify":
        return ask.numbers.counted(placed_at)
    return ask.numbers.shaped(ask.rng.choice(ask.store.order), ask.rng)


def _parcel(ask: Ask, placed_at: datetime) -> Parcel | None:
    stage = ask.rng.choice(ask.profile["stages"])
    if not stage and "tracking" in needs(ask.script.words):
        stage = "label_created"
    if not stage:
        return None
    way = Way(
        stage=stage,
        placed_at=placed_at,
        asked_at=ask.start,
        profile=ask.profile,
        country=ask.buyer.country,
        city=ask.buyer.city,
        said=ask.script.words,
        is_over=ask.script.state == "resolved",
    )
    return parcel_of(way, rng=ask.rng, numbers=ask.numbers, now=ask.now)


def _backs(ask: Ask, sale: Sale) -> list[Back]:
    back, rng = ask.profile.get("back"), ask.rng
    kinds = [kind for threat, kind in _CLAIMS.items() if threat in ask.script.threats]
    if back and rng.random() < back["chance"]:
        kinds = [back["kind"], *[k for k in kinds if rng.random() < 0.5]]
    else:
        kinds = [k for k in kinds if rng.random() < 0.65]
    return [_back(ask, sale, kind) for kind in dict.fromkeys(kinds)]


def _back(ask: Ask, sale: Sale, kind: str) -> Back:
    rng = ask.rng
    is_refund = kind == "refund" and ask.script.intent == "payment.refund_status"
    asked_at = ask.start + timedelta(hours=rng.uniform(-3, 0.5))
    if is_refund:
        asked_at = ask.start - timedelta(days=rng.uniform(8, 14))
    asked_at = max(sale.placed_at + timedelta(minutes=5), min(asked_at, ask.now))
    if ask.script.state == "resolved":
        stage, status = (
            ("refunded", "REFUNDED") if kind != "replacement" else ("closed", "REPLACED")
        )
        respond_by = None
    elif is_refund:
        stage, status, respond_by = rng.choice(("received", "in_transit")), "REFUND_PENDING", None
    else:
        stage, status = ("escalated", "UNDER_REVIEW") if kind in _CLAIMS.values() else (
            "requested", "SELLER_RESPONSE_PENDING")  # fmt: skip
        respond_by = asked_at + timedelta(hours=_HOURS.get(kind, 48))
    return Back(
        kind=kind,
        stage=stage,
        status=status,
        requested_at=asked_at,
        respond_by=respond_by,
        amount=sale.total,
        number=ask.numbers.shaped("5%########", rng),
    )


def _status(ask: Ask, sale: Sale) -> str:
    if ask.script.intent == "payment.failed":
        return "payment pending"
    if any(back.kind == "cancel" and back.stage == "refunded" for back in sale.backs):
        return "cancelled"
    if sale.parcel is None or sale.parcel.stage == "label_created":
        return "unshipped"
    return "delivered" if sale.parcel.stage == "delivered" else "shipped"
