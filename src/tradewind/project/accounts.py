"""Tokens and people as the operator of the machine sees them; the workspace is entered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from axes.utils import reset
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.transaction import atomic

from tradewind.core.errors import OperatorError
from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.colleagues import make_password
from tradewind.identity.models import Membership, Person, Token
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password just made, to be handed over once; empty where the person keeps their own."""

    person: Person
    password: str


def operator() -> Actor:
    """Who sits at the machine itself: may do everything in the workspace entered."""
    return Actor(workspace_id=current_workspace_id(), rights=frozenset(Right))


def create_token(name: str, scopes: Sequence[str], expires_at: datetime | None) -> str:
    """The secret of a new token; it is nowhere else."""
    if not name.strip():
        raise OperatorError("--name: got nothing, wanted a name to know the token by.")
    made = identity.create_token(
        name=name.strip()[:80], scopes=scopes, by=operator(), expires_at=expires_at
    )
    return made.secret


def tokens() -> list[Token]:
    """Every token of the workspace, oldest first, revoked ones too."""
    return list(Token.objects.order_by("id"))


def revoke_token(named: str) -> Token:
    """Revoke the token of this number, name or beginning; raises OperatorError."""
    known = [token for token in tokens() if token.revoked_at is None]
    fits = [t for t in known if named in (str(t.pk), t.name) or named.startswith(t.prefix)]
    if not known:
        raise OperatorError("There is no token that could be revoked in this workspace.")
    if len(fits) != 1:
        told = ", ".join(f"{t.pk} “{t.name}”" for t in known)
        found = f"{len(fits)} tokens" if fits else "no token"
        raise OperatorError(f"“{named}” fits {found}; wanted one of {told}.")
    identity.revoke_token(operator(), fits[0].pk)
    return fits[0]


@atomic
def add_person(email: str, *, role: str, name: str) -> NewPassword:
    """A new colleague with a password; one already known elsewhere keeps theirs."""
    email = _checked(email)
    is_known = Person.objects.filter(email__iexact=email).exists()
    password = "" if is_known else make_password()
    membership = identity.add_person(
        operator(), email=email, name=name, role=role, password=password or None
    )
    return NewPassword(membership.person, password)


@atomic
def set_password(email: str) -> NewPassword:
    """Give the person a new password, open a lock-out, end their sessions."""
    person = _get_person(email)
    password = make_password()
    person.set_password(password)
    person.save(update_fields=["password"])
    reset(username=person.email)
    return NewPassword(person, password)


@atomic
def remove_second_step(email: str) -> Person:
    """Take away somebody's app, passkeys and recovery codes."""
    person = _get_person(email)
    removed, _ = Authenticator.objects.filter(user=person).delete()
    if not removed:
        raise OperatorError(f"{person.email} has no second step.")
    return person


def _get_person(email: str) -> Person:
    person = Person.objects.filter(email__iexact=_checked(email)).first()
    if person is None:
        raise OperatorError(
            f"There is nobody with the address {email}; `tradewind person list` says who there is."
        )
    return person


def people() -> list[Membership]:
    """Everyone of the workspace, by name."""
    return identity.people_of(current_workspace_id())


def _checked(email: str) -> str:
    try:
        validate_email(email)
    except ValidationError:
        raise OperatorError(
            f"EMAIL: got “{email}”, wanted an address such as mei@example.com."
        ) from None
    return email
