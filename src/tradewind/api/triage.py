"""/triage and /problem-map: texts read, without keeping them."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from ninja import Router

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import ProblemMapOut, Reading
from tradewind.api.given import body_of, one_or_many
from tradewind.api.items import counted
from tradewind.api.limits import Allowance
from tradewind.channels.jsonapi import MAX_ITEMS
from tradewind.core.problems import Problem
from tradewind.identity.roles import Scope
from tradewind.learning import services as learning
from tradewind.nlp.stream import load, read_items
from tradewind.triage.problem_map import current_map

router = Router(tags=["Triage"])
MAX_BODY = 8 * 1024 * 1024
_TEXTS = Allowance(rate=500, burst=5000)
TEXT: dict[str, Any] = {
    "type": "object",
    "title": "Text",
    "required": ["text"],
    "properties": {
        "id": {
            "type": ["string", "integer", "null"],
            "description": "Comes back with the reading.",
        },
        "text": {"type": "string"},
        "subject": {"type": ["string", "null"]},
        "channel": {"type": ["string", "null"]},
        "site": {"type": ["string", "null"], "description": "Country of the store: a hint."},
    },
}
_ERROR = {
    "type": "object",
    "title": "BadItem",
    "required": ["error"],
    "properties": {"id": {"type": ["string", "integer"]}, "error": {"type": "string"}},
}
_ANSWER = {
    "type": "array",
    "items": {"anyOf": [{"$ref": "#/components/schemas/Reading"}, _ERROR]},
}
_EXTRA = one_or_many(TEXT, most=MAX_ITEMS) | {
    "responses": {200: {"content": {"application/json": {"schema": _ANSWER}}}}
}


@router.post(
    "/triage",
    auth=Needs(Scope.TRIAGE),
    response=list[Reading],
    summary="Read texts",
    openapi_extra=_EXTRA,
)
def read_texts(request: ProgramRequest) -> HttpResponse:
    """Up to 1,000 texts; one answer for each, in their order. Nothing is kept.

    An item that is no text gets `{"id"?, "error"}` in its place.
    """
    items = counted(_loaded(body_of(request, limit=MAX_BODY)), what="texts")
    request.left = _TEXTS.take(request.auth.token_id or 0, len(items))
    answers = read_items(items, reader=learning.reader_in_use())
    return HttpResponse(orjson.dumps(answers), content_type="application/json")


@router.get(
    "/problem-map",
    auth=Needs(Scope.TRIAGE, Scope.CONVERSATIONS_READ),
    response=ProblemMapOut,
    summary="Get the tree of intents",
)
def get_problem_map(request: ProgramRequest) -> Any:
    """Branches have a code without a dot, leaves one with."""
    newest = current_map()
    return {"version": newest.version, "nodes": newest.nodes}


def _loaded(body: bytes) -> Any:
    try:
        return load(body)
    except ValueError as error:
        raise Problem(status=400, title="Not JSON", detail=str(error)) from None
