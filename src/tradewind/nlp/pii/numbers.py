"""Payment cards and IBANs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from tradewind.nlp.numbers import is_card
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.words import LETTER, is_called

# Digits in groups, as they stand on a card; a run of more digits is something else.
_CARD = re.compile(rf"(?<!{LETTER})(?<![#.,/-])\d(?:[ \u00a0.-]?\d){{12,18}}(?!{LETTER}|[.,-]\d)")
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[ ]?\d{2}(?:[ \u00a0.-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])"
)
_NEAR = 40
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34


def find_cards(text: str) -> Iterator[Span]:
    """Card numbers with a right check digit, and any of that length that is called a card."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _is_card(digits) or is_called("card", _before(text, match.start())):
            yield Span(*match.span(), Kind.CARD)


def _is_card(digits: str) -> bool:
    # UnionPay and Maestro have other lengths than ``is_card`` knows.
    is_other = len(digits) in (18, 19) and digits[:2] in {"62", "50", "67"}
    return is_card(digits) or (is_other and luhn.is_valid(digits))


def find_ibans(text: str) -> Iterator[Span]:
    """IBANs that check (ISO 13616), and what is called one and looks like it."""
    at = 0
    while match := _IBAN.search(text, at):
        start, end = match.span()
        at = start + 2
        if stop := _valid_end(text, start, end):
            at = stop
            yield Span(start, stop, Kind.IBAN)
        elif is_called("iban", _before(text, start)):
            at = end = _digits_end(text, start, end)
            yield Span(start, end, Kind.IBAN)


def _valid_end(text: str, start: int, end: int) -> int | None:
    """Where a valid IBAN that begins here ends; words after it may have been taken in."""
    kept = [at for at in range(start, end) if text[at].isalnum()][:_LONGEST_IBAN]
    number = "".join(text[at] for at in kept)
    # The remainder is cheap, the library's look at the country's form is not.
    for length in reversed(_lengths(number)):
        if iban.is_valid(number[:length], check_country=False):
            return kept[length - 1] + 1
    return None


def _lengths(number: str) -> list[int]:
    """How long an IBAN that begins here may be: where its letters and digits leave 1 by 97."""
    head = "".join(str(int(char, 36)) for char in number[:4])
    shift, tail = 10 ** len(head), int(head)
    found, value = [], 0
    for length, char in enumerate(number[4:], 5):
        digit = int(char, 36)
        value = (value * (10 if digit < 10 else 100) + digit) % 97
        if length >= _SHORTEST_IBAN and (value * shift + tail) % 97 == 1:
            found.append(length)
    return found


def _digits_end(text: str, start: int, end: int) -> int:
    while end > start and not text[end - 1].isdigit():
        end -= 1
    return end


def _before(text: str, start: int) -> str:
    return text[max(0, start - _NEAR) : start]
