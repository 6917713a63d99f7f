"""What stands beside the list: how many wait in each view, what can be chosen to narrow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right
from tradewind.inbox.models import Conversation, SavedView
from tradewind.inbox.queries import CLAIM_THREATS, COUNT_CAP, DISPUTES

_NEWEST = 2000
_MOST = 40


# What tradewind.inbox.queries.in_view gives for each built-in view, as SQL that is made once: for
# every page the ORM would build it for longer than the database counts. A test holds them together.
# What is due is ranked before that moment, so the list's own index ends the search for it.
_CLAIMED = """
SELECT id FROM inbox_conversation WHERE workspace_id = %(workspace)s AND state <> 'resolved'
  AND (urgency = 'critical' OR NOT (threats = '{}')) AND threats && %(claim_threats)s::varchar[]
UNION
SELECT c.id FROM inbox_conversation c JOIN commerce_return r ON r.order_id = c.order_id
WHERE c.workspace_id = %(workspace)s AND c.state <> 'resolved'
  AND r.workspace_id = %(workspace)s AND r.kind = ANY(%(disputes)s)
"""
_SOON = "%(now)s + interval '4 hours'"
_WHERE = {
    "mine": "state <> 'resolved' AND assignee_id = %(person)s",
    "unassigned": "state <> 'resolved' AND assignee_id IS NULL",
    "due": f"state <> 'resolved' AND rank_at < {_SOON}"
    f" AND (platform_due_at < {_SOON} OR company_due_at < {_SOON})",
    "claims": f"id IN ({_CLAIMED})",
    "mentions": "state <> 'resolved' AND id IN (SELECT conversation_id FROM inbox_note"
    " WHERE workspace_id = %(workspace)s AND mentions @> ARRAY[%(person)s]::bigint[])",
    "risk": "state <> 'resolved' AND (urgency = 'critical' OR NOT (threats = '{}'))",
    "failed": "has_failed_send",
    "all": "state <> 'resolved'",
    "resolved": "state = 'resolved'",
}
_COUNTED = (
    "(SELECT count(*) FROM (SELECT 1 FROM inbox_conversation c"
    " WHERE c.workspace_id = %(workspace)s AND {} LIMIT %(cap)s) counted)"
)
_VIEWS = "SELECT " + ", ".join(_COUNTED.format(where) for where in _WHERE.values())
_OF_STORE = _COUNTED.format("c.state <> 'resolved' AND c.store_id = s.id")
_STORES = f"SELECT s.id, {_OF_STORE} FROM commerce_store s WHERE s.workspace_id = %(workspace)s"  # noqa: S608 — ours


def view_counts(actor: Actor) -> dict[str, int]:
    """How many each built-in view holds, up to COUNT_CAP, in one question to the database."""
    row = _asked(actor, _VIEWS)[0]
    return dict(zip(_WHERE, row, strict=True))


def store_counts(actor: Actor) -> dict[int, int]:
    """How many conversations of each store are not resolved, up to COUNT_CAP."""
    return dict(_asked(actor, _STORES))


def _asked(actor: Actor, sql: str) -> list[Any]:
    actor.require(Right.READ)
    facts = {
        "workspace": actor.workspace_id,
        "person": actor.person_id,
        "now": timezone.now(),
        "claim_threats": CLAIM_THREATS,
        "disputes": DISPUTES,
        "cap": COUNT_CAP,
        "newest": _NEWEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return list(cursor.fetchall())


def counts(views: Mapping[str, QuerySet[Conversation]]) -> dict[str, int]:
    """How many each of somebody's own views holds, up to COUNT_CAP, in one question."""
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


_FACETS = """
SELECT GROUPING(platform, country, language, intent), COALESCE(platform, country, language, intent)
FROM (SELECT platform, country, language, intent FROM inbox_conversation
      WHERE workspace_id = %(workspace)s ORDER BY last_message_at DESC, id DESC LIMIT %(newest)s) n
GROUP BY GROUPING SETS ((platform), (country), (language), (intent))
ORDER BY count(*) DESC, 2
"""


def facets(actor: Actor) -> Facets:
    """Values worth offering as filters, from the newest conversations of the workspace."""
    of: dict[int, list[str]] = {}
    for which, value in _asked(actor, _FACETS):
        if value:
            of.setdefault(which, []).append(value)
    # The bit of a column that is not grouped by is set: platform's is the highest.
    return Facets(*(of.get(which, [])[:_MOST] for which in (0b0111, 0b1011, 0b1101, 0b1110)))


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
