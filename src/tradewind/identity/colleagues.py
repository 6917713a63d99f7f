"""Colleagues and teams as administrators see them; the caller is inside the workspace."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.db.transaction import atomic

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid, NotAllowed, NotFound
from tradewind.identity.models import Membership, Person, Role, Team
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id

# No letters that are taken for one another when read aloud.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewColleague:
    """Somebody just added; ``password`` is shown this once, empty where they keep their own."""

    membership: Membership
    password: str = field(repr=False)


def make_password() -> str:
    """A password that can be read aloud: 79 bits in four groups."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def colleagues(actor: Actor) -> list[Membership]:
    """Everyone of the workspace, by name."""
    actor.require(Right.MANAGE_PEOPLE)
    return identity.people_of(actor.workspace_id)


def get_colleague(actor: Actor, membership_id: int) -> Membership:
    """A colleague; raises NotFound."""
    actor.require(Right.MANAGE_PEOPLE)
    # Asked with the workspace: one also sees one's own places in others.
    found = (
        Membership.objects.filter(pk=membership_id, workspace_id=actor.workspace_id)
        .select_related("person", "team")
        .first()
    )
    if found is None:
        raise NotFound("person")
    return found


@atomic
def invite(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    languages: Sequence[str] = (),
    team_id: int | None = None,
    capacity: int | None = None,
    is_single_sign_on: bool = False,
) -> NewColleague:
    """A new colleague with a password made for them, unless they have one or sign in elsewhere."""
    actor.require(Right.MANAGE_PEOPLE)
    is_known = Person.objects.filter(email__iexact=email).exists()
    password = "" if is_known or is_single_sign_on else make_password()
    membership = identity.add_person(
        actor,
        email=email,
        name=name,
        role=role,
        languages=languages,
        team=find_team(team_id),
        password=password or None,
    )
    if capacity is not None:
        membership.capacity = capacity
        membership.save(update_fields=["capacity"])
    return NewColleague(membership, password)


@atomic
def reset_password(actor: Actor, membership_id: int) -> str:
    """A new password for a colleague, shown once; their second step stays as it is.

    Refused for people who also work elsewhere: their password is not this workspace's to change.
    """
    membership = _get_ours_alone(actor, membership_id)
    person = membership.person
    password = make_password()
    person.set_password(password)
    person.save(update_fields=["password"])
    identity.audit(actor, "person.password_reset", subject=membership, email=person.email)
    return password


@atomic
def remove_second_step(actor: Actor, membership_id: int) -> None:
    """Take away what a colleague has lost: app, passkeys and recovery codes.

    Refused as a new password is; the password alone lets them in until they set one up anew.
    """
    membership = _get_ours_alone(actor, membership_id)
    Authenticator.objects.filter(user=membership.person).delete()
    identity.audit(
        actor, "person.second_step_removed", subject=membership, email=membership.person.email
    )


def _get_ours_alone(actor: Actor, membership_id: int) -> Membership:
    """A colleague whose way in is this workspace's to change."""
    membership = get_colleague(actor, membership_id)
    if membership.role == Role.OWNER and not actor.may(Right.OWN):
        raise NotAllowed(Right.OWN)
    person = membership.person
    if len(identity.workspaces_of(person)) > 1:
        raise Conflict(f"{person.email} also works in another workspace and keeps their way in")
    return membership


def teams() -> list[Team]:
    """The teams of the workspace, by name."""
    return list(Team.objects.filter(workspace_id=current_workspace_id()).order_by("name"))


def find_team(team_id: int | None) -> Team | None:
    """The team, or None when none is meant; raises NotFound for one that is not there."""
    if team_id is None:
        return None
    if (team := Team.objects.filter(pk=team_id).first()) is None:
        raise NotFound("team")
    return team


@atomic
def save_team(actor: Actor, *, name: str, team_id: int | None = None) -> Team:
    """Make a team, or give one another name."""
    actor.require(Right.MANAGE_PEOPLE)
    name = name.strip()[:80]
    if not name:
        raise Invalid("name: got nothing, wanted a name for the team")
    if Team.objects.filter(name__iexact=name).exclude(pk=team_id or 0).exists():
        raise Conflict(f"there is a team “{name}” already")
    team = find_team(team_id) or Team()
    team.name = name
    team.save()
    identity.audit(actor, "team.changed" if team_id else "team.added", subject=team, name=name)
    return team


@atomic
def remove_team(actor: Actor, team_id: int) -> None:
    """Dissolve a team; its people stay."""
    actor.require(Right.MANAGE_PEOPLE)
    if (team := find_team(team_id)) is not None:
        identity.audit(actor, "team.removed", subject=team, name=team.name)
        team.delete()
