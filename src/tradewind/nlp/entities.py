"""Order and tracking numbers, SKUs, amounts, mail addresses and phone numbers, with their spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from tradewind.nlp.contract import Entities
from tradewind.nlp.fold import READ_LIMIT
from tradewind.nlp.numbers import Found, Run, find_bare, find_lettered, find_numbers, find_spaced
from tradewind.nlp.phones import find_phones

_MOST = 200
_SIGN = r"R\$|[UACN]S?\$|NT\$|HK\$|S\$|MX\$|[$€£¥₹₽₺₩₪₫฿₴₱₦₡₵₸﷼￥￡]"
_MARKS = frozenset("$€£¥₹₽₺₩₪₫฿₴₱₦₡₵₸﷼￥￡.")
_CODE = (
    r"USD|EUR|GBP|JPY|CNY|RMB|CAD|AUD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|RUB|UAH|TRY|ILS|AED|"
    r"SAR|EGP|INR|THB|VND|IDR|MYR|SGD|PHP|KRW|TWD|HKD|BRL|MXN|CLP|COP|ARS|ZAR|KZT|IRR"
)
_WORD = (
    r"zł(?:otych)?|zl|kr\.?|kč|kc|ft|forint|lei|leu|лв|руб(?:лей|ля|\.)?|р\.|грн|тг|tl|lira|"
    r"dollars?|bucks|euros?|pounds?|quid|reais|pesos?|yuan|rupees?|"
    r"rupiah|ringgit|baht|đồng|vnđ|k đ|"
    r"元|块钱?|塊錢?|円|원|บาท|रुपये|रुपए|ريال|درهم|جنيه|تومان|ریال|ש\"ח|шек\w*|евро|долларов"
)
_NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)"
    r"|(?<!\d)(?<!\d[.,-])\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
)
_BEFORE = re.compile(
    rf"(?:(?:{_SIGN})|(?<![^\W\d_])(?:{_CODE}|Rp\.?|RM|Rs\.?|Fr\.|kr\.?|lei))\s?$", re.IGNORECASE
)
_AFTER = re.compile(rf"\s?(?:(?:{_SIGN})|(?:{_CODE}|{_WORD})(?![A-Za-z]))", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?![\w-])")
_DIGITS = re.compile(r"\d+")
_LONG_DIGITS, _PHONE_DIGITS = 9, 7
_MOST_RUNS = 5_000


def find_entities(text: str, *, site: str = "") -> list[Found]:
    """Every entity in the first ``READ_LIMIT`` code points, by position, none overlapping."""
    text = text[:READ_LIMIT]
    taken: list[Found] = []
    if "@" in text:
        _take(
            taken, (Found("email", m[0], *m.span()) for m in islice(_EMAIL.finditer(text), _MOST))
        )
    if "-" in text:
        _take(taken, find_lettered(text))
    runs = [match.span() for match in islice(_DIGITS.finditer(text), _MOST_RUNS)]
    if not runs:
        return sorted(taken, key=_position)
    digits = sum(end - start for start, end in runs)
    if digits >= _LONG_DIGITS:
        _take(taken, find_spaced(text))
    _take(taken, find_numbers(text, runs))
    _take(taken, _amounts(text, runs))
    if digits >= _PHONE_DIGITS:
        _take(taken, (Found("phone", value, s, e) for value, s, e in find_phones(text, site=site)))
        has_order = any(item.kind == "order_id" for item in taken)
        _take(taken, find_bare(text, has_order=has_order))
    return sorted(taken, key=_position)


def _position(found: Found) -> int:
    return found.start


def as_entities(found: list[Found]) -> Entities:
    """The values by kind, in order of appearance, without repeats."""
    if not found:
        return Entities()
    values: dict[str, dict[str, None]] = {}
    for item in found:
        values.setdefault(item.kind, {})[item.value] = None
    return Entities(
        order_ids=list(values.get("order_id", ())),
        tracking_ids=list(values.get("tracking_id", ())),
        skus=list(values.get("sku", ())),
        amounts=list(values.get("amount", ())),
        emails=list(values.get("email", ())),
        phones=list(values.get("phone", ())),
    )


def _take(taken: list[Found], more: Iterator[Found]) -> None:
    for new in more:
        if all(new.end <= old.start or new.start >= old.end for old in taken):
            taken.append(new)


def _amounts(text: str, runs: list[Run]) -> Iterator[Found]:
    last = count = 0
    for run, _ in runs:
        match = _NUMBER.match(text, run) if run >= last else None
        if match is None:
            continue
        count += 1
        if count > _MOST:
            return
        start, end = match.span()
        last = end
        before = _currency_before(text, start)
        after = None if before else _currency_after(text, end)
        if before or after:
            start -= before
            end = after or end
            yield Found("amount", text[start:end].strip(), start, end)


def _currency_before(text: str, start: int) -> int:
    """How long the currency right before the number is; 0 for none."""
    near = text[max(0, start - 5) : start]
    mark = near.rstrip()[-1:]
    # Cheap and nearly always the end of it: the searches below are not.
    if not mark or not (mark.isalpha() or mark in _MARKS):
        return 0
    found = _BEFORE.search(near)
    return len(found[0]) if found else 0


def _currency_after(text: str, end: int) -> int:
    """Where the currency right after the number ends; 0 for none."""
    mark = text[end : end + 2].lstrip()[:1]
    if not mark or not (mark.isalpha() or mark in _MARKS):
        return 0
    found = _AFTER.match(text, end)
    return found.end() if found else 0
