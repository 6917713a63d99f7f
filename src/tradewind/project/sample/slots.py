"""What stands in the open slots of a written conversation, in the buyer's way of writing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from tradewind.project.sample.data import table, words

_SLOT = re.compile(r"\{(\w+)\}")
_MONTHS = (
    "Jan",
    "Feb",
    "March",
    "April",
    "May",
    "June",
    "July",
    "Aug",
    "Sept",
    "Oct",
    "Nov",
    "Dec",
)


@cache
def currencies() -> dict[str, dict[str, Any]]:
    """How each currency is rounded and written."""
    return table("money")


def price_in(currency: str, usd: float) -> Decimal:
    """A shop's price for what costs so many dollars."""
    rule = currencies()[currency]
    step, less = Decimal(str(rule["step"])), Decimal(str(rule["less"]))
    steps = max(1, round(Decimal(str(usd)) * Decimal(str(rule["rate"])) / step))
    return steps * step - less


def money(amount: Decimal, currency: str, *, language: str) -> str:
    """An amount as a buyer of this language writes it."""
    rule = currencies()[currency]
    text = f"{amount:,.{rule['digits']}f}"
    text = text.translate({ord(","): rule.get("group", ","), ord("."): rule.get("decimal", ".")})
    form: str = rule.get("by", {}).get(language, rule["form"])
    return form.format(n=text)


def day(at: datetime, *, language: str, country: str) -> str:
    """A day as a buyer of this language and country writes it."""
    forms: Mapping[str, str] = words()["dates"]
    form = forms.get(f"{language}_{country}") or forms.get(language) or forms["*"]
    return form.format(d=at.day, m=at.month, month=_MONTHS[at.month - 1])


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its slots filled; raises KeyError for a slot that nobody knows."""
    filled = _SLOT.sub(lambda match: values[match[1]], text)
    # "am {date}." must not end in two full stops, nor "#{order}" begin with two hashes.
    for value in values.values():
        if value.endswith("."):
            filled = filled.replace(f"{value}.", value)
        if value.startswith("#"):
            filled = filled.replace(f"#{value}", value)
    return filled


def needs(text: str) -> set[str]:
    """The names of the open slots."""
    return set(_SLOT.findall(text))
