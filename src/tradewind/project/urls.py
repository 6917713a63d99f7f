"""Every address of the desk."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
    path("api/v1/", include("tradewind.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("tradewind.web.urls")),
]
