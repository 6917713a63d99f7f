"""Which order a message means by a number: every shop counts from #1001."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tradewind.commerce.models import Order


@dataclass(frozen=True, slots=True)
class Naming:
    """A number that somebody wrote, where it came in, and who wrote it."""

    number: str
    platform: str
    store_id: int | None
    buyer_id: int | None


class _Known(NamedTuple):
    id: int
    number: str
    external_id: str
    platform: str
    store_id: int | None
    buyer_id: int | None


def find_meant(namings: Sequence[Naming]) -> list[int | None]:
    """The order that each one means; None where there is none, or no telling which of several."""
    if not namings:
        return []
    wanted = {form for one in namings for form in (one.number, f"#{bare(one.number)}")}
    by_number: defaultdict[str, dict[int, _Known]] = defaultdict(dict)
    # Two statements, so that each has its index.
    for known in [*_known(number__in=wanted), *_known(external_id__in=wanted)]:
        for name in (known.number, known.external_id):
            by_number[bare(name)][known.id] = known
    return [_meant(one, by_number[bare(one.number)].values()) for one in namings]


def bare(number: str) -> str:
    """The number without the sign that some write before it and some do not."""
    return number.lstrip("#")


def _known(**named: set[str]) -> Iterable[_Known]:
    found = Order.objects.filter(**named).values_list(*_Known._fields)
    return (_Known(*row) for row in found)


def _meant(one: Naming, found: Iterable[_Known]) -> int | None:
    """The shop's own first, then the platform's, then the buyer's; of several the buyer's."""
    orders = list(found)
    own = [o for o in orders if one.store_id and o.store_id == one.store_id]
    near = [o for o in orders if o.platform == one.platform and not (one.store_id and o.store_id)]
    theirs = [o for o in orders if one.buyer_id and o.buyer_id == one.buyer_id]
    # Where no shop stands behind a channel it may be any; one shop's mail means no other's order.
    left = own or near or theirs or ([] if one.store_id else orders)
    if len(left) > 1:
        left = [o for o in left if o in theirs]
    return left[0].id if len(left) == 1 else None
