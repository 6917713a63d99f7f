"""The addresses under /api/v1/."""

from __future__ import annotations

from django.urls import path, re_path
from django.urls.resolvers import URLPattern

from tradewind.api import documents
from tradewind.api.door import nothing_here, through_door
from tradewind.api.operations import api

app_name = "api-v1"
_operations: list[URLPattern] = [
    pattern
    for pattern in api.urls[0]
    if isinstance(pattern, URLPattern) and pattern.name != "api-root"
]
for _pattern in _operations:
    _pattern.callback = through_door(_pattern.callback)

urlpatterns = [
    path("openapi.json", documents.openapi_json, name="openapi"),
    path("docs", documents.docs, name="docs"),
    *_operations,
    re_path(r"^(?P<rest>.*)$", nothing_here),
]
