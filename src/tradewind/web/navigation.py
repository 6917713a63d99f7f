"""Where a person may go."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right

# key, url name, icon, label, right needed
_PLACES = [
    ("inbox", "inbox", "inbox", _("Inbox"), Right.READ),
    ("buyers", "buyers", "buyer", _("Buyers"), Right.READ),
    ("learning", "learning", "tag", _("Learning"), Right.LABEL),
    ("settings", "settings", "sliders", _("Settings"), Right.READ),
]


def _is_current(path: str, url: str) -> bool:
    """The inbox is at the root, its conversations under /c/; one's second step is a setting."""
    if url == "/":
        return path.startswith("/c/") or path == "/"
    return path.startswith((url, "/account/") if url == "/settings/" else url)


def navigation_of(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries of the rail, the current one marked."""
    return [
        {
            "key": key,
            "url": (url := reverse(name)),
            "icon": icon,
            "label": label,
            "count": 0,
            "current": _is_current(path, url),
        }
        for key, name, icon, label, right in _PLACES
        if actor.may(right)
    ]
