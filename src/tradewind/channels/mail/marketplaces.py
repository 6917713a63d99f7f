"""Which marketplace an address belongs to, and order numbers in a text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_MOST_ORDERS = 20
_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True)
class Marketplace:
    """How one marketplace's mails are known."""

    name: str
    relay: re.Pattern[str]
    notice: re.Pattern[str]
    order: re.Pattern[str]
    anywhere: bool


def _read() -> tuple[tuple[Marketplace, ...], re.Pattern[str]]:
    data = tomllib.loads(files(__package__).joinpath("marketplaces.toml").read_text("utf-8"))
    rows = tuple(
        Marketplace(
            name=row["name"],
            relay=re.compile(row.get("relay", _NEVER)),
            notice=re.compile(row["notice"]),
            order=re.compile(row["order"]),
            anywhere=row.get("anywhere", False),
        )
        for row in data["marketplace"]
    )
    words = "|".join(sorted(map(re.escape, data["words"]["order"]), key=len, reverse=True))
    return rows, re.compile(rf"(?i)(?:{words}){data['words']['between']}$")


MARKETPLACES, _ORDER_WORD = _read()
_NUMBER = re.compile(r"(?<![\w-])#?([A-Z]{0,4}-?\d{4,20})(?![\w-])")
_BEFORE = 40


@lru_cache(maxsize=4096)
def _of_domain(domain: str) -> Marketplace | None:
    for row in MARKETPLACES:
        if row.relay.fullmatch(domain) or row.notice.fullmatch(domain):
            return row
    return None


def marketplace_of(address: str) -> Marketplace | None:
    """The marketplace whose relay or notice address this is; None for anybody else."""
    return _of_domain(address.rpartition("@")[2].lower())


def is_relay(address: str) -> bool:
    """Whether the address is a buyer's alias, stable for that buyer and seller."""
    row = marketplace_of(address)
    return row is not None and bool(row.relay.fullmatch(address.rpartition("@")[2].lower()))


def order_ids(text: str, *, sender: str = "") -> list[str]:
    """Order numbers in the order they stand in the text, without doubles (at most 20).

    Forms that only one marketplace uses are found anywhere, bare digits only in that
    marketplace's mails or behind a word for "order".
    """
    market = marketplace_of(sender)
    patterns = [row.order for row in MARKETPLACES if row.anywhere or row is market]
    found = [(hit.start(), hit[0]) for one in patterns for hit in one.finditer(text)]
    taken = [number for _, number in found]
    for hit in _NUMBER.finditer(text):
        # Looking back from each number is much cheaper than forward from each word.
        before = text[max(0, hit.start() - _BEFORE) : hit.start()]
        if _ORDER_WORD.search(before) and not any(hit[1] in one for one in taken):
            found.append((hit.start(1), hit[1]))
    return list(dict.fromkeys(number.lstrip("#") for _, number in sorted(found)))[:_MOST_ORDERS]
