"""The sample company: its people and teams, its stores and the channels that speak for them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from tradewind.channels.models import Channel, ChannelState
from tradewind.channels.sealing import set_secrets
from tradewind.commerce.models import RESPONSE_MINUTES, Store, StoreChannel
from tradewind.identity.models import Membership, Person, Role, Team, Workspace
from tradewind.identity.scope import in_workspace
from tradewind.project.sample.data import PersonSeed, people, stores, table

# Marks a channel that only pretends: its replies are kept and never leave the machine.
SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class House:
    """What was founded. ``people`` by their e-mail name, the owner as "owner"."""

    workspace: Workspace
    owner_email: str
    password: str
    people: Mapping[str, Person]
    teams: Mapping[str, Team | None]
    stores: Mapping[str, Store]
    # By store name, or platform for mail and bot.
    channels: Mapping[str, Channel]

    def person_of(self, seed: PersonSeed) -> Person:
        """The row of a colleague."""
        return self.people[seed.email]


def found(now: datetime) -> House:
    """Make the workspace with everyone and everything in it; messages come later."""
    given = table("people")
    since = now - timedelta(days=420)
    password = f"islelight-{secrets.token_hex(4)}"
    owner = _owner(given["owner"], password, since)
    workspace = Workspace.objects.create(created_at=since, **given["workspace"])
    with in_workspace(workspace.pk):
        persons, team_of = _people(owner, given["teams"], since)
        shops = {seed.name: _store(seed.name, since) for seed in stores()}
        doors = _channels(shops, since)
    return House(workspace, owner.email, password, persons, team_of, shops, doors)


def _owner(given: Mapping[str, str], password: str, since: datetime) -> Person:
    """The person who signs in; an earlier sample's owner gets this password."""
    person, _ = Person.objects.get_or_create(
        email=given["email"], defaults={"name": given["name"], "created_at": since}
    )
    person.password = make_password(password)
    person.save(update_fields=["password"])
    return person


def _people(
    owner: Person, team_names: list[str], since: datetime
) -> tuple[dict[str, Person], dict[str, Team | None]]:
    """Colleagues cannot sign in: they have no password."""
    teams = [Team.objects.create(name=name, created_at=since) for name in team_names]
    Membership.objects.create(person=owner, role=Role.OWNER, created_at=since)
    persons = {"owner": owner}
    team_of: dict[str, Team | None] = {"owner": None}
    for seed in people():
        person, _ = Person.objects.get_or_create(
            email=f"{seed.email}@islelight.example",
            defaults={
                "name": seed.name,
                "password": make_password(None),
                "timezone": seed.timezone,
                "created_at": since,
            },
        )
        team = teams[seed.team] if seed.team is not None else None
        persons[seed.email], team_of[seed.email] = person, team
        Membership.objects.create(
            person=person,
            role=seed.role,
            team=team,
            languages=list(seed.languages),
            on_duty=seed.on_duty,
            capacity=seed.capacity,
            created_at=since,
        )
    return persons, team_of


def _store(name: str, since: datetime) -> Store:
    seed = next(seed for seed in stores() if seed.name == name)
    return Store.objects.create(
        name=seed.name,
        platform=seed.platform,
        country=seed.country,
        currency=seed.currency,
        timezone=seed.timezone,
        response_minutes=RESPONSE_MINUTES.get(seed.platform),
        created_at=since,
    )


def _channels(shops: Mapping[str, Store], since: datetime) -> dict[str, Channel]:
    wanted = [(s.platform, s.name, s.name, "") for s in stores()]
    wanted += [
        (c["platform"], c["name"], c["store"], c.get("address", ""))
        for c in table("stores")["channels"]
    ]
    made: dict[str, Channel] = {}
    for platform, name, store, address in wanted:
        config = {SAMPLE: True} | ({"address": address} if address else {})
        made[name if name == store else platform] = channel = Channel(
            key=f"ch_{secrets.token_urlsafe(18)}",
            platform=platform,
            name=name,
            config=config,
            state=ChannelState.LIVE,
            created_at=since,
        )
        if address:
            set_secrets(channel, {"thread_key": secrets.token_hex(32)})
        channel.save()
        StoreChannel.objects.create(channel=channel, store=shops[store])
    return made
