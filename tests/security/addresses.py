"""Every address of the desk, computed from the resolver, and what is promised of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, get_resolver

# Open to anybody on purpose; none of them shows or changes anything of a workspace.
PUBLIC = {
    "account_login": "signing in",
    "account_logout": "signing out",
    "account_inactive": "says that an account is closed",
    "account_signup": "says that sign-up is closed",
    "account_reset_password": "says who makes a new password",
    "account_reset_password_done": "closed: nothing here",
    "account_reset_password_from_key": "a link that nobody is sent",
    "account_reset_password_from_key_done": "closed: nothing here",
    "account_confirm_email": "the link of a confirmation",
    "account_email_verification_sent": "says that a link was sent",
    "account_confirm_login_code": "sign-in by code, which is off",
    "mfa_authenticate": "the second step of signing in",
    "mfa_login_webauthn": "signing in with a passkey",
    "socialaccount_login_cancelled": "single sign-on given up",
    "socialaccount_login_error": "single sign-on failed",
    "socialaccount_signup": "says that sign-up is closed",
    "openid_connect_login": "single sign-on",
    "openid_connect_callback": "single sign-on",
    "account/social/login/cancelled/": "former address of the same",
    "account/social/login/error/": "former address of the same",
    "account/social/signup/": "former address of the same",
    "account/social/connections/": "former address, sent on to the new one",
    "account/email/": "closed: nothing here",
    "account/password/change/": "closed: nothing here",
    "account/password/set/": "closed: nothing here",
    "account/password/reset/": "says who makes a new password",
    "account/password/reset/done/": "closed: nothing here",
    "account/password/reset/key/done/": "closed: nothing here",
    "set_language": "a cookie with the language",
    "openapi": "the API described",
    "docs": "the API described",
    "api/v1/^(?P<rest>.*)$": "says that there is nothing here",
}
# What an agent may open under /settings/: what is their own, and the map they work with.
SETTINGS_OF_ALL = {
    "settings", "settings_profile", "settings_password", "settings_sign_out", "look",
    "switch_workspace", "settings_map", "settings_map_version",
}  # fmt: skip
# How addresses that are regular expressions are filled.
_PARTS = {
    "^confirm-email/(?P<key>[-:\\w]+)/$": "confirm-email/x/",
    "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-x-y/",
    "^(?P<provider_id>[^/]+)/login/": "acme/login/",
    "callback/": "callback/",
    "^(?P<rest>.*)$": "nothing",
}


_PART = re.compile(r"<(?:\w+:)?(\w+)>")


class Place(NamedTuple):
    """One address; ``name`` is what the tables call it, ``route`` how it is written."""

    name: str
    route: str
    view: Any

    @property
    def is_api(self) -> bool:
        """Whether it is an operation of the API."""
        return self.route.startswith("api/v1/") and self.name not in PUBLIC

    @property
    def parts(self) -> list[str]:
        """The names of what must be filled in."""
        return _PART.findall(_plain(self.route))

    def url(self, ids: dict[str, Any]) -> str:
        """The address with real ids; fails with a sentence for a part that nobody filled."""
        unknown = [part for part in self.parts if part not in ids]
        assert not unknown, f"{self.name}: tell tests/security/world.py an id for {unknown}"
        return "/" + _PART.sub(lambda hit: str(ids[hit[1]]), _plain(self.route))


def _plain(route: str) -> str:
    for pattern, text in _PARTS.items():
        route = route.replace(pattern, text)
    return route


def places() -> list[Place]:
    """Every address that there is."""
    return list(_walk(get_resolver(), ""))


def _walk(resolver: Any, prefix: str) -> Iterator[Place]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from _walk(pattern, route)
            continue
        yield Place(pattern.name or route, route, pattern.callback)
