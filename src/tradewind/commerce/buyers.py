"""Buyers and the aliases they are known by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.scope import current_workspace_id

_IDENTITY = {
    "workspace_id": "bigint",
    "buyer_id": "bigint",
    "kind": "varchar",
    "value": "varchar",
}
_BUYER = {
    "id": "bigint",
    "workspace_id": "bigint",
    "name": "varchar",
    "country": "varchar",
    "language": "varchar",
    "note": "text",
    "first_seen_at": "timestamptz",
    "last_seen_at": "timestamptz",
}

Alias = tuple[str, str]  # kind, value


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody who wrote or bought: how they are known, strongest alias first."""

    aliases: Sequence[Alias]
    name: str
    at: datetime
    country: str = ""


def resolve(sightings: Sequence[Sighting]) -> list[int | None]:
    """The buyer of each sighting, made where none of the aliases is known; None without an alias.

    Safe beside other workers: an alias belongs to whoever wrote it first.
    """
    if not (wanted := sorted({alias for s in sightings for alias in s.aliases})):
        return [None] * len(sightings)
    known = _find(wanted)
    fresh = _unknown(sightings, known)
    with connection.cursor() as cursor:
        ids = bulk.reserve_ids(cursor, "commerce_buyer", len(fresh))
    claims: dict[Alias, int] = {}
    for buyer_id, sighting in zip(ids, fresh, strict=True):
        for alias in sighting.aliases:
            claims.setdefault(alias, buyer_id)
    known |= _claim({alias: claims[alias] for alias in sorted(claims)})
    won = set(known.values())
    _insert(
        [(id_, s) for id_, s in zip(ids, fresh, strict=True) if id_ in won],
    )
    _add_aliases(sightings, known)
    return [next((known[a] for a in s.aliases if a in known), None) for s in sightings]


def _unknown(sightings: Sequence[Sighting], known: dict[Alias, int]) -> list[Sighting]:
    seen = set(known)
    fresh = []
    for sighting in sightings:
        if sighting.aliases and seen.isdisjoint(sighting.aliases):
            fresh.append(sighting)
        seen.update(sighting.aliases)
    return fresh


def _find(aliases: Iterable[Alias]) -> dict[Alias, int]:
    wanted = set(aliases)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, value, buyer_id FROM commerce_identity"
            " WHERE workspace_id = %s AND kind = ANY(%s) AND value = ANY(%s)",
            [
                current_workspace_id(),
                sorted({kind for kind, _ in wanted}),
                sorted({value for _, value in wanted}),
            ],
        )
        found = {(kind, value): buyer_id for kind, value, buyer_id in cursor.fetchall()}
    return {alias: buyer_id for alias, buyer_id in found.items() if alias in wanted}


def _claim(claims: dict[Alias, int]) -> dict[Alias, int]:
    """Write aliases; what somebody else was quicker with is answered with their buyer."""
    if not claims:
        return {}
    workspace_id = current_workspace_id()
    rows = [
        {"workspace_id": workspace_id, "buyer_id": buyer_id, "kind": kind, "value": value}
        for (kind, value), buyer_id in claims.items()
    ]
    with connection.cursor() as cursor:
        won = bulk.insert(
            cursor,
            "commerce_identity",
            _IDENTITY,
            rows,
            conflict="(workspace_id, kind, value) DO NOTHING",
            returning="kind, value, buyer_id",
        )
    got = {(kind, value): buyer_id for kind, value, buyer_id in won}
    if lost := [alias for alias in claims if alias not in got]:
        got |= _find(lost)
    return got


def _insert(fresh: Sequence[tuple[int, Sighting]]) -> None:
    workspace_id = current_workspace_id()
    rows = [
        {
            "id": buyer_id,
            "workspace_id": workspace_id,
            "name": s.name[:200],
            "country": s.country[:2],
            "language": "",
            "note": "",
            "first_seen_at": s.at,
            "last_seen_at": s.at,
        }
        for buyer_id, s in fresh
    ]
    with connection.cursor() as cursor:
        bulk.insert(cursor, "commerce_buyer", _BUYER, rows)


def _add_aliases(sightings: Sequence[Sighting], known: dict[Alias, int]) -> None:
    """A known buyer under a new alias: remember the alias too."""
    more: dict[Alias, int] = {}
    for sighting in sightings:
        owner = next((known[a] for a in sighting.aliases if a in known), None)
        if owner is not None:
            more |= {alias: owner for alias in sighting.aliases if alias not in known}
    known |= _claim({alias: more[alias] for alias in sorted(more)})
