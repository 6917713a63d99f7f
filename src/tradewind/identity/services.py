"""The door of identity: workspaces, people, tokens, and the audit log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.identity.actor import Actor, actor_of, actor_of_token
from tradewind.identity.errors import Conflict, Invalid, NotAllowed, NotFound
from tradewind.identity.models import (
    AuditEntry,
    Membership,
    Person,
    Role,
    Team,
    Token,
    Workspace,
)
from tradewind.identity.roles import Right, Scope
from tradewind.identity.scope import as_person, current_workspace_id, in_workspace

__all__ = [
    "Actor",
    "NewToken",
    "Right",
    "Scope",
    "actor_of",
    "add_person",
    "audit",
    "audit_reading",
    "change_membership",
    "create_token",
    "create_workspace",
    "find_actor",
    "find_token_actor",
    "people_of",
    "remove_person",
    "revoke_token",
    "workspaces_of",
]


@atomic
def create_workspace(name: str, *, owner: Person, is_sample: bool = False) -> Workspace:
    """A new seller company with its first owner."""
    workspace = Workspace.objects.create(name=name, is_sample=is_sample)
    with in_workspace(workspace.pk):
        Membership.objects.create(person=owner, role=Role.OWNER)
    return workspace


def workspaces_of(person: Person) -> list[Membership]:
    """The memberships of a person, oldest first, with their workspaces."""
    with as_person(person.pk):
        return list(
            Membership.objects.filter(person=person)
            .select_related("workspace", "person")
            .order_by("id")
        )


def find_actor(
    person: Person, *, workspace_id: int | None = None, ip: str | None = None
) -> Actor | None:
    """The actor a signed-in person is: in the workspace asked for, else in their first."""
    memberships = workspaces_of(person)
    if not person.is_active or not memberships:
        return None
    for membership in memberships:
        if membership.workspace_id == workspace_id:
            return actor_of(membership, ip=ip)
    return actor_of(memberships[0], ip=ip)


def people_of(workspace_id: int) -> list[Membership]:
    """Everyone of a workspace, by name. The caller is inside that workspace."""
    return list(
        Membership.objects.filter(workspace_id=workspace_id)
        .select_related("person", "team")
        .order_by("person__name", "person__email")
    )


def first_response_minutes() -> int:
    """The company's own promise in the workspace entered, in minutes."""
    return Workspace.objects.values_list("first_response_minutes", flat=True).get(
        pk=current_workspace_id()
    )


def trail_of(actor: Actor, subject: Any, *, most: int = 60) -> list[AuditEntry]:
    """What the audit log says of one thing, newest first; only for those who may read it."""
    actor.require(Right.READ_AUDIT)
    return list(
        AuditEntry.objects.filter(
            workspace_id=actor.workspace_id,
            subject_kind=subject._meta.model_name,
            subject_id=str(subject.pk),
        )
        .select_related("person", "token")
        .order_by("-id")[:most]
    )


@atomic
def add_person(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    languages: Sequence[str] = (),
    team: Team | None = None,
    password: str | None = None,
) -> Membership:
    """A colleague in this workspace; an address already known keeps its person and password."""
    actor.require(Right.MANAGE_PEOPLE)
    _require_right_to_give(actor, role)
    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        person = Person.objects.create_user(email, password, name=name)
    if Membership.objects.filter(person=person, workspace_id=actor.workspace_id).exists():
        raise Conflict(f"{email} is already in this workspace")
    membership = Membership.objects.create(
        person=person, role=role, languages=list(languages), team=team
    )
    audit(actor, "person.added", subject=membership, email=email, role=role)
    return membership


@atomic
def change_membership(actor: Actor, membership_id: int, **changes: Any) -> Membership:
    """Change role, team, languages, duty or capacity of a colleague."""
    actor.require(Right.MANAGE_PEOPLE)
    membership = _get_membership(membership_id)
    if (role := changes.get("role")) and role != membership.role:
        _require_right_to_give(actor, role)
        _require_right_to_give(actor, membership.role)
        _require_another_owner(membership)
    was = {name: getattr(membership, name) for name in changes if name != "team"}
    for name, value in changes.items():
        setattr(membership, name, value)
    membership.save(update_fields=list(changes))
    now = {name: value for name, value in changes.items() if name != "team"}
    audit(actor, "person.changed", subject=membership, was=was, now=now)
    return membership


@atomic
def remove_person(actor: Actor, membership_id: int) -> None:
    """Take a colleague out of this workspace; what they wrote stays."""
    actor.require(Right.MANAGE_PEOPLE)
    membership = _get_membership(membership_id)
    _require_right_to_give(actor, membership.role)
    _require_another_owner(membership)
    audit(actor, "person.removed", subject=membership, email=membership.person.email)
    membership.delete()


def _get_membership(membership_id: int) -> Membership:
    try:
        return Membership.objects.select_related("person").get(pk=membership_id)
    except Membership.DoesNotExist:
        raise NotFound("person") from None


def _require_right_to_give(actor: Actor, role: str) -> None:
    if role not in Role.values:
        raise Invalid(f"role: got “{role}”, wanted one of {', '.join(Role.values)}")
    if role == Role.OWNER and not actor.may(Right.OWN):
        raise NotAllowed(Right.OWN)


def _require_another_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    others = Membership.objects.filter(role=Role.OWNER).exclude(pk=membership.pk)
    if not others.exists():
        raise Conflict("a workspace needs an owner: make somebody else owner first")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; ``secret`` is shown this once."""

    token: Token
    secret: str


@atomic
def create_token(
    *,
    name: str,
    scopes: Iterable[str],
    by: Actor | None = None,
    expires_at: datetime | None = None,
) -> NewToken:
    """A new API token of the workspace entered; ``by`` is None on the command line."""
    if by:
        by.require(Right.MANAGE_TOKENS)
    wanted = list(dict.fromkeys(scopes))
    if unknown := [scope for scope in wanted if scope not in set(Scope)]:
        raise Invalid(f"scope: got {', '.join(unknown)}, wanted some of {', '.join(Scope)}")
    if not wanted:
        raise Invalid(f"scopes: got none, wanted some of {', '.join(Scope)}")
    secret = f"tw_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        name=name,
        prefix=secret[:9],
        digest=digest_of(secret),
        scopes=wanted,
        created_by=by.person if by else None,
        expires_at=expires_at,
    )
    if by:
        audit(by, "token.created", subject=token, name=name, scopes=wanted)
    return NewToken(token, secret)


@atomic
def revoke_token(actor: Actor, token_id: int) -> None:
    """Make a token worthless from now on."""
    actor.require(Right.MANAGE_TOKENS)
    token = Token.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound("token")
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit(actor, "token.revoked", subject=token, name=token.name)


def digest_of(secret: str) -> str:
    """What is kept of a token: 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token_actor(secret: str, *, ip: str | None = None) -> Actor | None:
    """The actor of a token, or None when it is unknown, revoked or out of date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_find_token(%s)", [digest_of(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, workspace_id, scopes = row
    return actor_of_token(token_id, workspace_id, scopes, ip=ip)


def audit(actor: Actor | None, act: str, *, subject: Any = None, **detail: Any) -> None:
    """Write down who did or read what; ``subject`` is a row or None."""
    AuditEntry.objects.create(
        person_id=actor.person_id if actor else None,
        token_id=actor.token_id if actor else None,
        act=act,
        subject_kind=subject._meta.model_name if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        detail=detail,
        ip=actor.ip if actor else None,
    )


# Not waited for until the disk has it: only a machine that loses its power, or a database that is
# killed, within the same half second loses the entry.
_READING = """
WITH hurried AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO identity_auditentry
    (workspace_id, at, person_id, token_id, act, subject_kind, subject_id, detail, ip)
SELECT %s, %s, %s, %s, %s, %s, %s, '{}', %s FROM hurried
"""


def audit_reading(actor: Actor, act: str, *, subject: Any) -> None:
    """Write down who read a row; kept before it is shown, on the disk a moment later."""
    kind, row = subject._meta.model_name, str(subject.pk)
    who = (actor.person_id, actor.token_id)
    with connection.cursor() as cursor:
        values = (actor.workspace_id, timezone.now(), *who, act, kind, row, actor.ip)
        cursor.execute(_READING, values)
