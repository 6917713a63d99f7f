"""The JSON API channel: messages that other programs hand in (design §7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from tradewind.channels.contract import Event, EventKind, MappingFailed
from tradewind.channels.mail.html import html_to_text
from tradewind.core import moments

MAX_ITEMS = 1000
MAX_TEXT = 1_000_000
_TEXTS = {"external_id": 200, "conversation": 200, "order": 120, "subject": 400, "channel": 40}
_FROM = {"name": 200, "email": 320, "id": 200}


class BadItem(ValueError):
    """An item is not of the promised form; the text says which field, what was got and wanted."""


def check_item(item: Any) -> Mapping[str, Any]:
    """The item if it is of the promised form; raises BadItem."""
    if not isinstance(item, dict):
        raise BadItem(f"got {_kind(item)}, wanted an object")
    _check_texts(item, _TEXTS, prefix="")
    if not item.get("external_id"):
        raise BadItem("external_id: wanted a text of 1 to 200 characters that is yours alone")
    sender = item.get("from")
    if not isinstance(sender, dict):
        raise BadItem(f"from: got {_kind(sender)}, wanted an object with name, email or id")
    _check_texts(sender, _FROM, prefix="from.")
    _check_body(item)
    if (sent_at := item.get("sent_at")) is not None:
        _check_time("sent_at", sent_at)
    return item


def _check_texts(item: Mapping[str, Any], sizes: Mapping[str, int], *, prefix: str) -> None:
    for name, size in sizes.items():
        value = item.get(name)
        if value is not None and not isinstance(value, str):
            raise BadItem(f"{prefix}{name}: got {_kind(value)}, wanted a text")
        if value is not None and len(value) > size:
            raise BadItem(f"{prefix}{name}: got {len(value)} characters, wanted at most {size}")
        if value is not None and "\x00" in value:
            raise BadItem(f"{prefix}{name}: got a NUL, wanted a text without one")


def _check_body(item: Mapping[str, Any]) -> None:
    given = [name for name in ("text", "html") if item.get(name) is not None]
    if not given:
        raise BadItem("text: wanted text or html")
    for name in given:
        if not isinstance(item[name], str):
            raise BadItem(f"{name}: got {_kind(item[name])}, wanted a text")
        if len(item[name]) > MAX_TEXT:
            raise BadItem(f"{name}: got {len(item[name])} characters, wanted at most {MAX_TEXT}")


def _check_time(name: str, value: Any) -> None:
    moment, got = _time(value), str(value)[:40]
    if moment is None:
        raise BadItem(f"{name}: got {got!r}, wanted ISO 8601 with a time zone")
    if not moments.is_believable(moment, now=datetime.now(UTC)):
        raise BadItem(f"{name}: got {got!r}, wanted {moments.WANTED}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "nothing" if value is None else names.get(type(value), "a number")


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def event_of(body: bytes) -> Event:
    """The message of an accepted item."""
    try:
        item = check_item(orjson.loads(body))
    except (orjson.JSONDecodeError, BadItem) as error:
        raise MappingFailed(str(error)) from error
    sender, html = item["from"], item.get("html") or ""
    sent_at = _time(item.get("sent_at"))
    return Event(
        EventKind.MESSAGE,
        {
            "id": item["external_id"],
            "conversation_id": item.get("conversation") or "",
            "direction": "in",
            "author_role": "buyer",
            "author_id": sender.get("id") or "",
            "author_name": sender.get("name") or "",
            "author_email": sender.get("email") or "",
            "text": item.get("text") if item.get("text") is not None else html_to_text(html),
            "html": html,
            "subject": item.get("subject") or "",
            "order_ids": [item["order"]] if item.get("order") else [],
            "sent_at": sent_at.isoformat() if sent_at else None,
        },
    )
