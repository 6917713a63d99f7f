"""Where an order goes: sealed at rest, shown masked, in the clear only to those who may."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from django.conf import settings

from tradewind.commerce.models import Order
from tradewind.core.crypto import CannotOpenError, Seal, place

PARTS = ("name", "lines", "city", "postcode", "country", "phone")


@cache
def _seal() -> Seal:
    return Seal(settings.KEYS, "commerce")


def _aad(order: Order) -> bytes:
    return place("commerce_order", "address", f"{order.platform}:{order.external_id}")


def set_address(order: Order, address: Mapping[str, Any]) -> None:
    """Seal the address into the order; the row is not saved."""
    kept = {part: address[part] for part in PARTS if address.get(part)}
    order.address = _seal().seal(orjson.dumps(kept), _aad(order)) if kept else b""


def address_of(order: Order) -> dict[str, Any]:
    """The address in the clear; empty when none is kept or it cannot be opened."""
    if not order.address:
        return {}
    try:
        opened: dict[str, Any] = orjson.loads(_seal().open(bytes(order.address), _aad(order)))
    except (CannotOpenError, ValueError):
        return {}
    return opened


def masked(address: Mapping[str, Any]) -> str:
    """Enough to recognise: ``K••• V•••, 04109 Leipzig, DE``."""
    name = " ".join(f"{word[0]}•••" for word in str(address.get("name") or "").split())
    town = " ".join(str(address[p]) for p in ("postcode", "city") if address.get(p))
    return ", ".join(part for part in (name, town, str(address.get("country") or "")) if part)


def in_the_clear(address: Mapping[str, Any]) -> list[str]:
    """The address line by line."""
    lines = address.get("lines") or []
    lines = [lines] if isinstance(lines, str) else list(lines)
    town = " ".join(str(address[p]) for p in ("postcode", "city") if address.get(p))
    told = [address.get("name"), *lines, town, address.get("country"), address.get("phone")]
    return [str(line) for line in told if line]
