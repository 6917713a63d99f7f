"""What the pages of learning share: their own navigation, rendering, going back with a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.web.middleware import DeskRequest
from tradewind.web.parts import sentences
from tradewind.web.rows import problem_labels

Label = str | Promise
_PLACES: Final[list[tuple[str, Label, Right]]] = [
    ("learning", _("Label tasks"), Right.LABEL),
    ("learning_models", _("Models"), Right.MANAGE_LEARNING),
]


def _navigation(actor: Actor, at: str) -> list[dict[str, Any]]:
    return [
        {"url": reverse(name), "label": label, "current": name == at}
        for name, label, right in _PLACES
        if actor.may(right)
    ]


def page(
    request: DeskRequest, template: str, *, at: str = "learning", **context: Any
) -> HttpResponse:
    """A page of learning."""
    context["places"] = _navigation(request.actor, at)
    context["may_manage"] = request.actor.may(Right.MANAGE_LEARNING)
    context["problem_labels"] = problem_labels()
    return render(request, f"learning/{template}.html", context)


def tried(
    request: DeskRequest, deed: Callable[[], object], said: Label, to: str, *args: Any
) -> HttpResponse:
    """Do it and go to a page: with a word that it worked, or what spoke against it."""
    try:
        deed()
    except (Conflict, Invalid) as refusal:
        messages.error(request, sentences.said(str(refusal)))
    else:
        if said:
            messages.success(request, str(said))
    return redirect(to, *args)
