"""The screens' addresses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tradewind.web.inbox.urls")),
    path("", include("tradewind.web.buyers.urls")),
    path("learning/", include("tradewind.web.learning.urls")),
    path("settings/", include("tradewind.web.settings_pages.urls")),
]
