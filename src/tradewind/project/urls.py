"""Every address of the desk."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.urls.resolvers import URLPattern, URLResolver
from django.views.generic import RedirectView, TemplateView


def _closed(request: HttpRequest) -> HttpResponse:
    raise Http404(request.path)


# An address is who somebody is: colleagues are invited by it, so nobody gives themselves another.
# A password is changed in the settings, which write it down and end the other sessions.
# The desk sends no mail of its own: who forgot a password asks an administrator, as the page says.
_CLOSED = (
    "account/email/",
    "account/password/change/",
    "account/password/set/",
    "account/password/reset/done/",
    "account/password/reset/key/done/",
)
_FORGOTTEN = TemplateView.as_view(template_name="account/password_reset.html")
# The profile shows what there is of a second step; allauth's own list of it would be a second one.
_SECOND_STEP = login_required(RedirectView.as_view(url="/settings/profile/#second-step"))

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route, _closed) for route in _CLOSED),
    path("account/password/reset/", _FORGOTTEN),
    path("account/2fa/", _SECOND_STEP),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("tradewind.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("tradewind.web.urls")),
]
