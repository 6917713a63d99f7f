"""/messages: what other programs hand in.

A web process answers this natively (api.intake) before Django sees it; this is the same operation
for the OpenAPI document, and for a server that runs Django alone.
"""

from __future__ import annotations

from typing import Any

from django.db.transaction import atomic
from ninja import Router

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import AcceptedOut
from tradewind.api.given import body_of, one_or_many
from tradewind.api.items import (
    MAX_BODY,
    answer_of,
    each_answered,
    items_of,
    no_channel,
    raw_of,
)
from tradewind.api.limits import Allowance
from tradewind.channels import deliveries
from tradewind.channels import services as channels
from tradewind.channels.deliveries import Accepted
from tradewind.channels.jsonapi import MAX_ITEMS, MAX_TEXT
from tradewind.identity.roles import Scope

router = Router(tags=["Messages"])
# As the native door has it (project.root).
_MESSAGES = Allowance(rate=5000, burst=20_000)


def _text(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "maxLength": size, **more}


MESSAGE: dict[str, Any] = {
    "type": "object",
    "title": "Message",
    "required": ["external_id", "from"],
    "anyOf": [{"required": ["text"]}, {"required": ["html"]}],
    "properties": {
        "external_id": _text(200, minLength=1, description="Yours; the same again is a duplicate."),
        "channel": _text(40, description="Key of a channel; without it the API channel."),
        "conversation": _text(200, description="Your thread; messages of one are shown together."),
        "order": _text(120, description="Number of the order it is about."),
        "from": {
            "type": "object",
            "description": "The buyer.",
            "properties": {"name": _text(200), "email": _text(320), "id": _text(200)},
        },
        "subject": _text(400),
        "text": _text(MAX_TEXT),
        "html": _text(MAX_TEXT),
        "sent_at": {"type": "string", "format": "date-time"},
    },
}


@router.post(
    "/messages",
    auth=Needs(Scope.MESSAGES_WRITE),
    response={202: AcceptedOut},
    summary="Hand in messages",
    openapi_extra=one_or_many(MESSAGE, most=MAX_ITEMS),
)
def hand_in_messages(request: ProgramRequest) -> Any:
    """One message or a list of up to 1,000; they are safe on disk when you hear 202.

    When one is not of the form, none is taken. Handing in the same `external_id` again is harmless.
    """
    items = items_of(body_of(request, limit=MAX_BODY))
    request.left = _MESSAGES.take(request.auth.token_id or 0, len(items))
    by_channel: dict[int, list[int]] = {}
    for index, item in enumerate(items):
        key = item.get("channel") or ""
        if (channel_id := channels.find_api_channel(key)) is None:
            raise no_channel(key)
        by_channel.setdefault(channel_id, []).append(index)
    answers: dict[int, Accepted] = {}
    with atomic():
        for channel_id, indexes in by_channel.items():
            answers |= dict(zip(indexes, _accept(channel_id, items, indexes), strict=True))
    return answer_of(items, answers)


def _accept(channel_id: int, items: list[dict[str, Any]], indexes: list[int]) -> list[Accepted]:
    raws = [raw_of(items[i]) for i in indexes]
    firsts = {raw.dedupe_key: raw for raw in reversed(raws)}
    found = deliveries.accept(channel_id, list(firsts.values()), transport="api")
    return each_answered(raws, {accepted.dedupe_key: accepted for accepted in found})
