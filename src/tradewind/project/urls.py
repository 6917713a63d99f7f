"""Every address of the desk."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver


def _closed(request: HttpRequest) -> HttpResponse:
    raise Http404(request.path)


# An address is who somebody is: colleagues are invited by it, so nobody gives themselves another.
# A password is changed in the settings, which write it down and end the other sessions.
_CLOSED = ("account/email/", "account/password/change/", "account/password/set/")

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route, _closed) for route in _CLOSED),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("tradewind.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("tradewind.web.urls")),
]
