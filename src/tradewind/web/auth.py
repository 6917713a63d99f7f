"""Who may see a screen: strangers sign in first, people without the right are told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from tradewind.core.problems import Problem
from tradewind.identity.roles import Right
from tradewind.web.middleware import DeskRequest

View = Callable[..., HttpResponse]
NEEDED = "screen_rights"


def screen(*rights: Right) -> Callable[[View], View]:
    """A view only for people of a workspace who have every one of these rights.

    Strangers are sent to sign in and come back; others get the 403 page. The rights stay readable
    on the view as ``screen_rights``, so that a test can walk every address.
    """

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in(request)
            actor = cast(DeskRequest, request).actor
            if actor is None or not all(actor.may(right) for right in rights):
                return render(request, "403.html", status=403)
            if _has_nul(request):
                return render(request, "400.html", status=400)
            return view(request, *args, **kwargs)

        setattr(guarded, NEEDED, frozenset(rights))
        return guarded

    return around


def _has_nul(request: HttpRequest) -> bool:
    """Whether a form holds what no keyboard types and no column takes."""
    return any("\x00" in value for __, values in request.POST.lists() for value in values)


def _sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-Requested-With") == "fetch":
        # A script would follow to the sign-in page and take its 200 for a yes.
        detail = _("You are signed out: sign in again.")
        raise Problem(status=401, title="Not signed in", detail=detail)
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    htmx = HtmxDetails(request)
    if htmx:
        # A fragment must not show the sign-in page: the whole tab goes there, and back to its page.
        query = urlencode({"next": htmx.current_url_abs_path or "/"})
        return HttpResponseClientRedirect(f"{resolve_url('account_login')}?{query}")
    return redirect_to_login(back)
