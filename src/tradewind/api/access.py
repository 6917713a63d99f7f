"""Who a program is, what its token is good for, and how much it may ask."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from tradewind.api.limits import Allowance, Left
from tradewind.core.asking import ip_of
from tradewind.core.problems import Problem
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import NotAllowed
from tradewind.identity.roles import Scope
from tradewind.identity.scope import in_workspace

SECURITY_NAME = "token"
_REQUESTS = Allowance(rate=50, burst=200)


class ProgramRequest(HttpRequest):
    """A request of a program whose token was good for it."""

    auth: Actor
    inside: ExitStack
    left: Left | None


class Needs(AuthBase):
    """The one place where an operation's scopes are checked: any one of them is enough."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token made in the settings or by `tradewind token create`."

    def __init__(self, *scopes: Scope) -> None:
        super().__init__()
        self.scopes = scopes

    def __call__(self, request: Any) -> Actor:
        """The actor, with its workspace entered until the answer is made; raises Problem."""
        actor = _actor_of(request)
        if not actor.scopes.intersection(self.scopes):
            raise NotAllowed(" or ".join(self.scopes))
        request.left = _REQUESTS.take(actor.token_id or 0)
        request.inside.enter_context(in_workspace(actor.workspace_id))
        return actor


def secret_of(authorization: str) -> str:
    """The token of an Authorization header; raises Problem 401."""
    kind, _, secret = authorization.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise Problem(status=401, title="No token", detail="wanted Authorization: Bearer TOKEN")
    return secret.strip()


def not_a_token() -> Problem:
    """The refusal of a token that opens nothing."""
    return Problem(status=401, title="Not a token", detail="it is unknown, revoked or out of date")


def _actor_of(request: HttpRequest) -> Actor:
    secret = secret_of(request.headers.get("Authorization", ""))
    actor = identity.find_token_actor(secret, ip=ip_of(request))
    if actor is None:
        raise not_a_token()
    return actor
