"""Who asks, and for which piece of a page."""

from __future__ import annotations

import json
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from tradewind.identity.actor import Actor
from tradewind.web.middleware import DeskRequest


def actor_in(request: HttpRequest) -> Actor:
    """The actor of a request that a screen has let in."""
    return cast(DeskRequest, request).actor


def fragment(request: HttpRequest) -> str:
    """The id of the element htmx wants anew; empty when a whole page is wanted."""
    if request.headers.get("HX-History-Restore-Request"):
        return ""
    return request.headers.get("HX-Target", "") if request.headers.get("HX-Request") else ""


def is_prefetch(request: HttpRequest) -> bool:
    """Whether nobody looks yet."""
    return request.headers.get("Purpose") == "prefetch"


def told(response: HttpResponse, **events: Any) -> HttpResponse:
    """The response with events for the scripts, such as a toast."""
    response["HX-Trigger"] = json.dumps(events)
    return response


def instead(response: HttpResponse, place: str) -> HttpResponse:
    """The response, to be shown in this place whatever was asked for."""
    response["HX-Retarget"], response["HX-Reswap"] = place, "innerHTML"
    return response
