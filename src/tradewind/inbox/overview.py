"""What stands beside the list: how many wait in each view, what can be chosen to narrow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right
from tradewind.inbox.models import Conversation, SavedView
from tradewind.inbox.queries import COUNT_CAP, visible_to

_NEWEST = 2000


def counts(views: Mapping[str, QuerySet[Conversation]]) -> dict[str, int]:
    """How many each view holds, up to COUNT_CAP, in one question to the database."""
    if not views:
        return {}
    parts: list[str] = []
    params: list[Any] = []
    for found in views.values():
        sql, given = found.order_by().values("pk")[:COUNT_CAP].query.sql_with_params()
        # Made by the query compiler, its values stay parameters.
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")  # noqa: S608
        params += given
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        row = cursor.fetchone() or ()
    return dict(zip(views, row, strict=True))


@dataclass(frozen=True, slots=True)
class Facets:
    """What the newest conversations have in them, most frequent first."""

    platforms: Sequence[str]
    countries: Sequence[str]
    languages: Sequence[str]
    intents: Sequence[str]


def facets(actor: Actor) -> Facets:
    """Values worth offering as filters, from the newest conversations of the workspace."""
    rows = (
        visible_to(actor)
        .order_by("-last_message_at", "-id")
        .values_list("platform", "country", "language", "intent")[:_NEWEST]
    )
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    platforms, countries, languages, intents = (
        [value for value, _ in Counter(filter(None, column)).most_common(40)] for column in columns
    )
    return Facets(platforms, countries, languages, intents)


def saved_views(actor: Actor) -> list[SavedView]:
    """The filters this person gave a name, by name."""
    return list(SavedView.objects.filter(person=actor.person).order_by("name", "id"))


def save_view(actor: Actor, *, name: str, query: str) -> SavedView:
    """Keep a filter under a name; the same name again replaces it."""
    actor.require(Right.READ)
    name = " ".join(name.split())[:60]
    if not name:
        raise Invalid("name: got nothing, wanted a name")
    view, _ = SavedView.objects.update_or_create(
        person=actor.person, name=name, defaults={"query": query[:500]}
    )
    return view


def drop_view(actor: Actor, view_id: int) -> None:
    """Forget a filter of one's own; raises NotFound."""
    gone, _ = SavedView.objects.filter(pk=view_id, person=actor.person).delete()
    if not gone:
        raise NotFound("saved view")
