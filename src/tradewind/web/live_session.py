"""Who listens to a stream: the session of the cookie, asked without Django's middleware."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from tradewind.identity import services as identity
from tradewind.identity.roles import Right
from tradewind.web.middleware import WORKSPACE_KEY


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at screens."""

    person_id: int
    workspace_id: int
    language: str
    session_key: str


def find_viewer(cookie: str) -> Viewer | None:
    """The viewer that a Cookie header stands for; None when nobody is signed in by it."""
    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return _viewer_of(morsel.value) if morsel else None


def is_still_allowed(viewer: Viewer) -> bool:
    """Whether the session still stands for the same person in the same workspace."""
    now = _viewer_of(viewer.session_key)
    return now is not None and (now.person_id, now.workspace_id) == (
        viewer.person_id,
        viewer.workspace_id,
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
        language=person.language or "en",
        session_key=session_key,
    )
