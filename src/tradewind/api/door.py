"""What stands around every operation: the workspace left again, refusals as problem details."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from tradewind.api.problems import not_allowed, not_found, problem_response
from tradewind.identity.errors import Invalid

View = Callable[..., HttpResponseBase]


def through_door(view: View) -> View:
    """The view as programs meet it. No cookie opens it, so no forged form can use it."""

    @csrf_exempt
    @wraps(view)
    def answer(request: Any, **path: Any) -> HttpResponseBase:
        if "\x00" in "".join(
            [*request.GET.keys(), *(v for vs in request.GET.lists() for v in vs[1])]
        ):
            return problem_response(request, Invalid("the address: got a NUL, wanted text"))
        request.left = None
        with ExitStack() as request.inside:
            response = view(request, **path)
        if response.status_code == 405:
            response = _method_not_allowed(request, response["Allow"])
        for name, value in (request.left.as_headers() if request.left else {}).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """The answer of an address that there is not."""
    return problem_response(request, not_found(request.path))


def _method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    allowed = ", ".join(sorted(allowed.split(", ")))
    response = problem_response(request, not_allowed(request.method or "", allowed))
    response["Allow"] = allowed
    return response


nothing_here = csrf_exempt(nothing_here)
