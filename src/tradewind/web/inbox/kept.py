"""What somebody looked at last, kept by their browser: another view is no reason to write a row."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from tradewind.web.inbox.asking import actor_in
from tradewind.web.inbox.choices import Choice, as_dict, choice_of

COOKIE = "inbox"
# Longer ones, of long searches, are not kept: a cookie travels with every request.
_LONGEST = 1000


def choice_in(request: HttpRequest) -> Choice:
    """What the address says, else what this person looked at last."""
    given = as_dict(request.GET)
    if not given and (kept := _kept(request)):
        given = as_dict(QueryDict(kept))
    return choice_of(given, actor=actor_in(request))


def keep(answer: HttpResponse, request: HttpRequest, choice: Choice) -> HttpResponse:
    """The answer, which tells the browser to keep the choice when it is another than before."""
    if _kept(request) != choice.saved_as and len(choice.saved_as) <= _LONGEST:
        answer.set_cookie(
            COOKIE,
            f"{actor_in(request).person_id}:{choice.saved_as}",
            max_age=settings.SESSION_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer


def _kept(request: HttpRequest) -> str:
    """What the cookie says, unless it is of somebody else who used this browser."""
    whose, _, saved = request.COOKIES.get(COOKIE, "").partition(":")
    return saved if whose == str(actor_in(request).person_id) else ""
