"""Messages that a program hands in, from its body to the answer: the same for both doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tradewind.channels.deliveries import Accepted, Raw, short_key
from tradewind.channels.jsonapi import MAX_ITEMS, BadItem, check_item
from tradewind.core.problems import Problem
from tradewind.identity.errors import Invalid

MAX_BODY = 32 * 1024 * 1024


def listed(body: bytes, *, what: str) -> list[Any]:
    """One object or a list of up to MAX_ITEMS; raises Problem 400 or 422."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(status=400, title="Not JSON", detail=str(error)) from error
    return counted(given, what=what)


def counted(given: Any, *, what: str) -> list[Any]:
    """The given as a list of 1 to MAX_ITEMS; raises Problem 422."""
    items = given if isinstance(given, list) else [given]
    if not 0 < len(items) <= MAX_ITEMS:
        raise Invalid(f"got {len(items)} {what}, wanted 1–{MAX_ITEMS}")
    return items


def items_of(body: bytes) -> list[dict[str, Any]]:
    """The messages of a body, every one of the promised form, or a Problem and none is taken."""
    items = listed(body, what="messages")
    wrong = []
    for index, item in enumerate(items):
        try:
            check_item(item)
        except BadItem as error:
            wrong.append({"index": index, "error": str(error)})
    if wrong:
        raise Invalid(
            f"message {wrong[0]['index']}: {wrong[0]['error']}; nothing was taken",
            errors=wrong[:50],
        )
    return items


def raw_of(item: Mapping[str, Any]) -> Raw:
    """A message as it is stored."""
    return Raw(short_key(item["external_id"]), orjson.dumps(item))


def no_channel(key: str) -> Problem:
    """The refusal of a channel that there is not."""
    return Invalid(f"channel: got “{key}”, wanted the key of one of your channels, or none")


def answer_of(
    items: Sequence[Mapping[str, Any]], answers: Mapping[int, Accepted]
) -> dict[str, Any]:
    """What the caller is told: how many were new, and each item's delivery."""
    told = [
        {"external_id": item["external_id"], "delivery": answers[i].delivery_id}
        for i, item in enumerate(items)
    ]
    new = sum(1 for accepted in answers.values() if accepted.is_new)
    return {"accepted": new, "duplicates": len(items) - new, "items": told}


def each_answered(raws: Sequence[Raw], found: dict[str, Accepted]) -> list[Accepted]:
    """One answer per raw thing; of the same key twice only the first is new. Changes ``found``."""
    answers = []
    for raw in raws:
        accepted = found[raw.dedupe_key]
        answers.append(accepted)
        if accepted.is_new:
            found[raw.dedupe_key] = Accepted(raw.dedupe_key, accepted.delivery_id, is_new=False)
    return answers
