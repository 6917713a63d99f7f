"""Who asks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def ip_of(request: HttpRequest) -> str | None:
    """The address of the one who asks, as the outermost of our own proxies saw it."""
    proxies = settings.ENV.proxies
    if proxies:
        chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(chain) >= proxies and chain[-proxies]:
            return chain[-proxies]
    return request.META.get("REMOTE_ADDR") or None
