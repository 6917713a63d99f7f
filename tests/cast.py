"""The same small cast in every test."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password

from tradewind.identity import services as identity
from tradewind.identity.models import Membership, Person, Role
from tradewind.identity.scope import in_workspace

PASSWORD = "correct horse battery"


@cache
def _hashed() -> str:
    # Hashing is slow on purpose; once a run is enough.
    return make_password(PASSWORD)


def make_cast() -> SimpleNamespace:
    """Alice's workspace with four people, Charlie's with one."""
    people = {
        name: Person.objects.create(
            email=f"{name}@example.com", name=name.title(), password=_hashed()
        )
        for name in ("alice", "bob", "lena", "rita", "charlie")
    }
    workspace = identity.create_workspace("Islelight", owner=people["alice"])
    other = identity.create_workspace("Elsewhere", owner=people["charlie"])
    roles = {"bob": Role.AGENT, "lena": Role.LEAD, "rita": Role.READ_ONLY}
    with in_workspace(workspace.pk):
        for name, role in roles.items():
            Membership.objects.create(person=people[name], role=role)
    actors = {name: identity.find_actor(person) for name, person in people.items()}
    return SimpleNamespace(
        workspace=workspace, other=other, people=SimpleNamespace(**people), **actors
    )
