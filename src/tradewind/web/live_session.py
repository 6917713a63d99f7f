"""Who listens to a stream: the session of the cookie, asked without Django's middleware."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import translation

from tradewind.identity import services as identity
from tradewind.identity.hiding import hidden_from
from tradewind.identity.roles import Right
from tradewind.nlp.pii import Kind
from tradewind.web.middleware import WORKSPACE_KEY


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at screens."""

    person_id: int
    workspace_id: int
    language: str
    session_key: str
    hidden: frozenset[Kind]


def find_viewer(cookie: str, *, accepts: str = "") -> Viewer | None:
    """The viewer that a Cookie header stands for; None when nobody is signed in by it.

    ``accepts`` is the Accept-Language header: who has chosen no language reads the browser's, in
    the stream as on the page.
    """
    try:
        cookies = {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
    except CookieError:
        return None
    session_key = cookies.get(settings.SESSION_COOKIE_NAME)
    viewer = _viewer_of(session_key) if session_key else None
    if viewer is None or viewer.language:
        return viewer
    request = HttpRequest()
    request.COOKIES = cookies
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepts
    return replace(viewer, language=translation.get_language_from_request(request))


def is_still_allowed(viewer: Viewer) -> bool:
    """Whether the session still stands for the same person, who may see what they might."""
    now = _viewer_of(viewer.session_key)
    return now is not None and (now.person_id, now.workspace_id, now.hidden) == (
        viewer.person_id,
        viewer.workspace_id,
        viewer.hidden,
    )


def _viewer_of(session_key: str) -> Viewer | None:
    close_old_connections()
    request: Any = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person = get_user(request)
    if not person.is_authenticated:
        return None
    actor = identity.find_actor(person, workspace_id=request.session.get(WORKSPACE_KEY))
    if actor is None or not actor.may(Right.READ):
        return None
    return Viewer(
        person_id=person.pk,
        workspace_id=actor.workspace_id,
        language=person.language,
        session_key=session_key,
        hidden=hidden_from(actor),
    )
