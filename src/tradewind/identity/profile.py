"""A person's own settings: how the desk looks to them, their password, where they are signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.models import Session
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid
from tradewind.identity.models import Density, Person, Theme

_OWN_FIELDS = {"name", "language", "theme", "density", "timezone"}
_LOOKS = {"theme": Theme.values, "density": Density.values}
_USER_KEY = "_auth_user_id"


def change_profile(person: Person, **changes: Any) -> None:
    """Change name, language, theme, density or time zone of oneself."""
    if unknown := changes.keys() - _OWN_FIELDS:
        raise Invalid(f"{', '.join(sorted(unknown))}: not a person's own to change")
    for name, value in changes.items():
        setattr(person, name, value)
    person.save(update_fields=sorted(changes))


def change_look(person: Person, *, name: str, value: str) -> None:
    """Keep one choice of looks: ``theme`` or ``density``."""
    allowed = _LOOKS.get(name)
    if allowed is None:
        raise Invalid(f"look: got “{name}”, wanted theme or density")
    if value not in allowed:
        raise Invalid(f"{name}: got “{value}”, wanted one of {', '.join(allowed)}")
    change_profile(person, **{name: value})


@atomic
def change_password(actor: Actor, *, new: str) -> None:
    """Another password for oneself; every other session ends by it."""
    if actor.person is None:
        raise Invalid("a token has no password")
    actor.person.set_password(new)
    actor.person.save(update_fields=["password"])
    identity.audit(actor, "person.password_changed", subject=actor.membership)


def count_sessions(person: Person) -> int:
    """In how many browsers the person is signed in."""
    return len(_session_keys(person))


def end_other_sessions(actor: Actor, *, keep: str | None) -> int:
    """Sign the person out everywhere but in the session ``keep``; how many ended."""
    if actor.person is None:
        return 0
    others = [key for key in _session_keys(actor.person) if key != keep]
    Session.objects.filter(session_key__in=others).delete()
    identity.audit(actor, "person.signed_out", subject=actor.membership, sessions=len(others))
    return len(others)


def _session_keys(person: Person) -> list[str]:
    live = Session.objects.filter(expire_date__gt=timezone.now())
    return [
        session.session_key
        for session in live.iterator()
        if session.get_decoded().get(_USER_KEY) == str(person.pk)
    ]
