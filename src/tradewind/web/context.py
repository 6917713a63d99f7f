"""What every page knows: who is signed in, where they may go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tradewind.identity.actor import Actor
from tradewind.web.navigation import navigation_of


def workspace(request: HttpRequest) -> dict[str, Any]:
    """Actor, workspace and navigation for templates."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.membership is None:
        return {"actor": None}
    return {
        "actor": actor,
        "membership": actor.membership,
        "current_workspace": actor.membership.workspace,
        "workspace_name": actor.membership.workspace.name,
        "search_url": reverse("inbox_find"),
        "look_url": reverse("look"),
        "navigation": navigation_of(actor, request.path),
    }
