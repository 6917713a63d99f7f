"""Around every page: who asks, in which workspace, in which language; refusals as pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation

from tradewind.core.asking import ip_of
from tradewind.core.problems import Problem
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.scope import in_workspace
from tradewind.web.parts.sentences import said

GetResponse = Callable[[HttpRequest], HttpResponse]
WORKSPACE_KEY = "workspace"


class DeskRequest(HttpRequest):
    """A request of somebody signed in."""

    actor: Actor


class WorkspaceMiddleware:
    """Enters the workspace of whoever is signed in; nobody's requests see no workspace at all."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside the workspace."""
        actor = self._actor(request)
        request.actor = actor  # type: ignore[attr-defined]  # read through DeskRequest
        with in_workspace(
            actor.workspace_id if actor else None, person_id=actor.person_id if actor else None
        ):
            return self.get_response(request)

    def _actor(self, request: HttpRequest) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        return identity.find_actor(
            request.user,
            workspace_id=request.session.get(WORKSPACE_KEY),
            ip=ip_of(request),
        )


class LanguageMiddleware:
    """The person's language and time zone; before sign-in the browser's language."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language."""
        person = request.user if request.user.is_authenticated else None
        language = (person and person.language) or translation.get_language_from_request(request)
        zone = person.timezone if person else "Asia/Shanghai"
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ProblemMiddleware:
    """A refusal becomes a page for people, problem details for programs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a Problem; anything else is left to Django."""
        if not isinstance(error, Problem):
            return None
        if "text/html" not in request.headers.get("Accept", "") or request.headers.get(
            "HX-Request"
        ):
            return JsonResponse(
                error.as_dict(instance=request.path) | {"detail": said(error.detail)},
                status=error.status,
                content_type="application/problem+json",
            )
        return render(
            request,
            "problem.html",
            {"problem": error, "says": said(error.detail)},
            status=error.status,
        )
