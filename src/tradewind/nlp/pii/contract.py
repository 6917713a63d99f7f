"""What is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of personal data."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    TAX_ID = "tax_id"  # tax, identity, passport and social security numbers
    ADDRESS = "address"
    NAME = "name"
    IP = "ip"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One piece of personal data: ``text[start:end]``."""

    start: int
    end: int
    kind: Kind
