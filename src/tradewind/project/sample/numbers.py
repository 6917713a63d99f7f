"""Numbers in the true form of platforms and carriers, none given twice."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from random import Random

_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_SHOP_OPENED = datetime(2024, 3, 1, tzinfo=UTC)
_SECONDS_PER_ORDER = 2100
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


class Numbers:
    """Gives order, parcel and account numbers; remembers what it gave."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def shaped(self, form: str, rng: Random) -> str:
        """A number of a form: # digit, % digit from 1, @ letter, "S10 RB CN" a postal item."""
        while True:
            number = _postal(form, rng) if form.startswith("S10 ") else _filled(form, rng)
            if number not in self._given:
                self._given.add(number)
                return number

    def counted(self, placed_at: datetime) -> str:
        """A Shopify order number: the shop counts up."""
        count = 1001 + int((placed_at - _SHOP_OPENED).total_seconds() // _SECONDS_PER_ORDER)
        while f"#{count}" in self._given:
            count += 1
        self._given.add(f"#{count}")
        return f"#{count}"


def _filled(form: str, rng: Random) -> str:
    kinds = {"#": string.digits, "%": "123456789", "@": _LETTERS}
    return "".join(rng.choice(kinds[c]) if c in kinds else c for c in form)


def _postal(form: str, rng: Random) -> str:
    """UPU S10: two letters, eight digits, their check digit, two letters."""
    _, service, country = form.split()
    digits = [rng.randrange(10) for _ in _S10_WEIGHTS]
    rest = 11 - sum(d * w for d, w in zip(digits, _S10_WEIGHTS, strict=True)) % 11
    check = {10: 0, 11: 5}.get(rest, rest)
    return f"{service}{''.join(map(str, digits))}{check}{country}"
