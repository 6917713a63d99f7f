"""/openapi.json and /docs: the API told to programs and to people."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tradewind.api.operations import api
from tradewind.api.telling import told_operations
from tradewind.identity.roles import SCOPE_MEANINGS


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document."""
    made = orjson.dumps(api.get_openapi_schema(), option=orjson.OPT_NON_STR_KEYS)
    return dict(orjson.loads(made))


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for programs."""
    body = orjson.dumps(schema(), option=orjson.OPT_INDENT_2)
    return HttpResponse(body, content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for people."""
    base = request.build_absolute_uri("/").rstrip("/")
    groups: dict[str, list[Any]] = {}
    for operation in told_operations(schema(), base=base):
        groups.setdefault(operation.group, []).append(operation)
    context = {
        "info": schema()["info"],
        "groups": groups.items(),
        "scopes": [(str(scope), said) for scope, said in SCOPE_MEANINGS.items()],
        "base": base,
    }
    return render(request, "api/docs.html", context)
