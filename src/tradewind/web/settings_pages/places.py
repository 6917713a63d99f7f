"""What the pages of the settings share: their own navigation, rendering, saving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.transaction import atomic
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.parts.sentences import said

Label = str | Promise
# Group, then key, label and the right that opens it; the address is settings_<key>.
_GROUPS: Final[list[tuple[Label, list[tuple[str, Label, Right]]]]] = [
    (_("You"), [("profile", _("Profile and sign-in"), Right.READ)]),
    (
        _("Team"),
        [
            ("people", _("Members"), Right.MANAGE_PEOPLE),
            ("teams", _("Teams"), Right.MANAGE_PEOPLE),
        ],
    ),
    (
        _("Connect"),
        [
            ("channels", _("Channels"), Right.REPLAY),
            ("stores", _("Stores and promise"), Right.SET_UP),
            ("tokens", _("API tokens"), Right.MANAGE_TOKENS),
        ],
    ),
    (_("Rules"), [("map", _("Problem map"), Right.READ)]),
    (_("Other"), [("audit", _("Audit log"), Right.READ_AUDIT)]),
]


def settings_navigation(actor: Actor, at: str) -> list[dict[str, Any]]:
    """The groups of places that the actor may open, the current one marked."""
    groups = []
    for label, places in _GROUPS:
        open_ = [
            {"url": reverse(f"settings_{key}"), "label": name, "current": key == at}
            for key, name, right in places
            if actor.may(right)
        ]
        if open_:
            groups.append({"label": label, "places": open_})
    return groups


def page(
    request: DeskRequest, template: str, *, at: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the settings; never kept by browsers or proxies, for it may show a new secret."""
    context["settings_navigation"] = settings_navigation(request.actor, at)
    response = render(request, f"settings_pages/{template}.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def try_saving(form: forms.BaseForm, save: Callable[[], object]) -> bool:
    """Whether a valid form could be saved; a refusal is told on the form."""
    if not form.is_valid():
        return False
    try:
        with atomic():
            save()
    except (Invalid, Conflict) as refusal:
        form.add_error(None, said(str(refusal)))
        return False
    return True


def saved(request: DeskRequest, text: Label, to: str, *args: Any) -> HttpResponse:
    """Back to a page with a word that it worked."""
    messages.success(request, str(text))
    return redirect(to, *args)


def refused(request: DeskRequest, refusal: Exception, to: str, *args: Any) -> HttpResponse:
    """Back to a page with what spoke against it."""
    messages.error(request, said(str(refusal)))
    return redirect(to, *args)


@screen()
def start(request: DeskRequest) -> HttpResponse:
    """The first place of most use: channels for those who run them, else oneself."""
    runs_channels = request.actor.may(Right.REPLAY)
    return redirect("settings_channels" if runs_channels else "settings_profile")
