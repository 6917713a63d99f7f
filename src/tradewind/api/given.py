"""Bodies that are read as they came: a list whose items are judged one by one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tradewind.core.problems import Problem


def body_of(request: HttpRequest, *, limit: int) -> bytes:
    """The whole body; raises Problem 413 over ``limit`` bytes."""
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Problem(
            status=413, title="Too large", detail=f"wanted at most {limit} bytes in a body"
        )
    return bytes(body)


def one_or_many(item: dict[str, Any], *, most: int) -> dict[str, Any]:
    """The ``openapi_extra`` of an operation that takes such an item or a list of them."""
    many = {"type": "array", "minItems": 1, "maxItems": most, "items": item}
    content = {"application/json": {"schema": {"oneOf": [item, many]}}}
    return {"requestBody": {"required": True, "content": content}}
