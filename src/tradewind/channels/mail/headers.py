"""Addresses, ids and dates out of headers, however they were written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tradewind.channels.mail.charset import decode_header
from tradewind.channels.mail.mime import Headers
from tradewind.channels.mail.model import Address

_ID = re.compile(r"<([^<>\s]{1,900})>")
_BARE_ID = re.compile(r"[^\s<>,;\"]{1,400}@[^\s<>,;\"]{1,400}")
_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]]{1,250}@[^\s<>(),;:\"\[\]]{1,250}")
_ANGLE = re.compile(r"<\s*([^<>]*?)\s*>")
_COMMENT = re.compile(r"\(([^()]*)\)")
_PIECES = re.compile(
    r'"(?:[^"\\]|\\.)*"|\([^()]*\)|<[^<>]*>|[,;]|:(?=\s|[^,;:]*[,;@])|[^",;(<:]+|.'
)
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[T ](\d\d?):(\d\d)(?::(\d\d))?(.*)")
_ZONE = re.compile(r"\s*([+-])(\d\d):?(\d\d)")
_MOST_ADDRESSES = 500


def ids_in(value: str) -> list[str]:
    """Message ids (without brackets) in the order written; bare ones only if none is bracketed."""
    found = _ID.findall(value[:100_000])
    return list(dict.fromkeys(found or _BARE_ID.findall(value[:2_000])))


def addresses(values: Sequence[str]) -> list[Address]:
    """The addresses of address headers; group names are dropped, names are decoded."""
    found: list[Address] = []
    for value in values:
        current = ""
        for piece in _PIECES.findall(value[:50_000]):
            if piece in {",", ";"}:
                found.append(address(current))
                current = ""
            elif piece == ":" and "<" not in current:
                current = ""
            else:
                current += piece
        found.append(address(current))
    return [one for one in found if one.address or one.name][:_MOST_ADDRESSES]


def address(text: str) -> Address:
    """One address; what cannot be an address is kept as a name."""
    angle = _ANGLE.search(text)
    where = angle[1] if angle else text
    hit = _ADDRESS.search(where)
    found = hit[0].strip(".'").lower() if hit else ""
    rest = text[: angle.start()] if angle else text.replace(hit[0], "") if hit else text
    comment = _COMMENT.search(text)
    name = _unquoted(rest) or (decode_header(comment[1]) if comment else "")
    return Address("" if name.lower() == found else name[:300], found)


def _unquoted(text: str) -> str:
    name = _COMMENT.sub("", text).strip().strip(",")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return decode_header(name).strip("\"' ")


def date_of(headers: Headers) -> tuple[datetime | None, str]:
    """When the mail was written in UTC and which header said so: Date, else the last hop."""
    for name in ("date", "resent-date", "x-original-date", "delivery-date"):
        for value in headers.get(name, ()):
            if (when := parse_date(value)) is not None:
                return when, name
    for value in headers.get("received", ()):
        if (when := parse_date(value.rpartition(";")[2])) is not None:
            return when, "received"
    return None, ""


def parse_date(value: str) -> datetime | None:
    """A mail date (RFC 5322 or ISO 8601) in UTC; None when it is none or out of 1980–2100."""
    text = decode_header(value)[:200]
    when = _rfc_date(text) or _iso_date(text)
    if when is None or not 1980 <= when.year <= 2100:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def _rfc_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso_date(text: str) -> datetime | None:
    hit = _ISO.search(text)
    if hit is None:
        return None
    zone = _ZONE.match(hit[7])
    offset = f"{zone[1]}{zone[2]}:{zone[3]}" if zone else "+00:00"
    parts = [int(part or 0) for part in hit.groups()[:6]]
    iso = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*parts)
    try:
        return datetime.fromisoformat(iso + offset)
    except ValueError:
        return None
