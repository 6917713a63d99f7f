"""Who is asking: a person in a workspace, a token, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradewind.identity.errors import NotAllowed
from tradewind.identity.models import Membership, Person
from tradewind.identity.roles import RIGHTS, Right, Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, in which workspace, with which rights."""

    workspace_id: int
    rights: frozenset[Right] = frozenset()
    person: Person | None = None
    membership: Membership | None = None
    token_id: int | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    ip: str | None = None

    @property
    def person_id(self) -> int | None:
        """The id of the person asking, None for a token."""
        return self.person.pk if self.person else None

    def may(self, right: Right) -> bool:
        """Whether this is allowed."""
        return right in self.rights

    def require(self, right: Right) -> None:
        """Refuse with NotAllowed unless this is allowed."""
        if right not in self.rights:
            raise NotAllowed(right)

    def require_scope(self, scope: Scope) -> None:
        """Refuse with NotAllowed unless the token is good for this."""
        if scope not in self.scopes:
            raise NotAllowed(scope)


# What a token may do follows from its scopes, never from the person who made it.
_SCOPE_RIGHTS: dict[str, set[Right]] = {
    Scope.CONVERSATIONS_READ: {Right.READ},
    Scope.REPLIES_WRITE: {Right.READ, Right.ANSWER, Right.ASSIGN},
}


def actor_of(membership: Membership, *, ip: str | None = None) -> Actor:
    """The actor that a membership makes of a person."""
    return Actor(
        workspace_id=membership.workspace.pk,
        rights=RIGHTS[membership.role] if membership.person.is_active else frozenset(),
        person=membership.person,
        membership=membership,
        ip=ip,
    )


def actor_of_token(
    token_id: int, workspace_id: int, scopes: list[str], *, ip: str | None = None
) -> Actor:
    """The actor that a token makes of a program."""
    rights: set[Right] = set().union(*(_SCOPE_RIGHTS.get(scope, set()) for scope in scopes))
    return Actor(
        workspace_id=workspace_id,
        rights=frozenset(rights),
        token_id=token_id,
        scopes=frozenset(scopes),
        ip=ip,
    )
