"""The list and the views beside it, ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse

from tradewind.commerce import queries as commerce
from tradewind.commerce.models import Store
from tradewind.identity.actor import Actor
from tradewind.identity.hiding import hidden_from
from tradewind.identity.names import colleagues_of
from tradewind.identity.roles import Right
from tradewind.inbox import overview
from tradewind.inbox.models import SavedView
from tradewind.inbox.queries import (
    COUNT_CAP,
    Page,
    in_view,
    newest_first,
    urgent_first,
)
from tradewind.inbox.search import search
from tradewind.web.inbox.choices import (
    VIEW_ICONS,
    Choice,
    chips_of,
    choice_of,
    view_words,
)
from tradewind.web.rows import furnish, problem_labels

_TONES = {"due": "amber", "failed": "red"}


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the views: where it leads and how much is there."""

    key: str
    label: str
    url: str
    count: int
    icon: str = ""
    flag: str = ""
    tone: str = ""
    current: bool = False
    drop_url: str = ""

    @property
    def shown(self) -> str:
        """The count as people read it."""
        return f"{COUNT_CAP}+" if self.count >= COUNT_CAP else str(self.count)


def page_of(actor: Actor, choice: Choice, *, cursor: str = "") -> Page:
    """Part of the list; a search gives its best two hundred, newest first."""
    found = in_view(actor, choice.filters)
    if choice.query:
        found = found.filter(pk__in=search(actor, choice.query))
    by = newest_first if choice.query or choice.sort == "newest" else urgent_first
    page = by(found, cursor=cursor)
    furnish(page.rows, company_minutes=_company_minutes(actor), hidden=hidden_from(actor))
    return page


def _company_minutes(actor: Actor) -> int:
    return actor.membership.workspace.first_response_minutes if actor.membership else 0


def fresh_rows(actor: Actor, choice: Choice, ids: Sequence[int]) -> dict[str, Any]:
    """Those of changed conversations that belong into the list, for its template."""
    found = in_view(actor, choice.filters).filter(pk__in=ids)
    if choice.query:
        found = found.filter(pk__in=search(actor, choice.query))
    rows = urgent_first(found, size=len(ids)).rows
    furnish(rows, company_minutes=_company_minutes(actor), hidden=hidden_from(actor))
    return {"rows": rows, "problem_labels": problem_labels()}


def list_context(actor: Actor, choice: Choice, *, cursor: str = "") -> dict[str, Any]:
    """What the list's template needs."""
    page = page_of(actor, choice, cursor=cursor)
    return {
        "choice": choice,
        "rows": page.rows,
        "next_url": choice.address("inbox_rows", cursor=page.next) if page.next else "",
        "problem_labels": problem_labels(),
    }


def pane_context(actor: Actor, choice: Choice) -> dict[str, Any]:
    """List, filters and views: all that stands left of the conversation."""
    stores = commerce.stores(actor)
    saved = overview.saved_views(actor)
    context = list_context(actor, choice)
    groups = places(actor, choice, stores=stores, saved=saved)
    return context | {
        "chips": chips_of(choice, overview.facets(actor), stores, context["problem_labels"]),
        "groups": groups,
        "people": colleagues_of(actor.workspace_id) if actor.may(Right.ASSIGN) else [],
        "title": _title(choice, groups),
        "title_count": _count_of_current(groups),
        "views_url": choice.address("inbox_views"),
        "home_url": reverse("inbox"),
        "fresh_url": choice.address("inbox_rows"),
        "sort_url": choice.address(sort="urgent" if choice.sort == "newest" else "newest"),
    }


def _title(choice: Choice, groups: Mapping[str, Sequence[Place]]) -> str:
    for place in (*groups["saved"], *groups["stores"]):
        if place.current:
            return place.label
    return view_words()[choice.view]


def _count_of_current(groups: Mapping[str, Sequence[Place]]) -> Place | None:
    return next((p for of in groups.values() for p in of if p.current), None)


def places(
    actor: Actor, choice: Choice, *, stores: Sequence[Store], saved: Sequence[SavedView]
) -> dict[str, list[Place]]:
    """Built-in views, saved views and stores, each with its count."""
    choices = {f"view-{v.pk}": choice_of(dict(parse_qsl(v.query)), actor=actor) for v in saved}
    n = overview.counts(
        {key: in_view(actor, one.filters) for key, one in choices.items() if not one.query}
    )
    in_views = overview.view_counts(actor)
    in_stores = overview.store_counts(actor) if stores else {}
    return {
        "views": [_view(name, label, choice, in_views) for name, label in view_words().items()],
        "saved": [
            Place(
                key=(key := f"view-{v.pk}"),
                label=v.name,
                url=choices[key].address(),
                count=n.get(key, 0),
                current=choices[key] == choice,
                drop_url=reverse("inbox_drop_view", args=[v.pk]),
            )
            for v in saved
        ],
        "stores": [_store(s, choice, in_stores) for s in stores],
    }


def _view(name: str, label: str, choice: Choice, n: Mapping[str, int]) -> Place:
    return Place(
        key=name,
        label=label,
        url=Choice(name).address(),
        count=n[name],
        icon=VIEW_ICONS[name],
        tone=_TONES.get(name, "") if n[name] else "",
        current=choice == Choice(name, sort=choice.sort),
    )


def _store(store: Store, choice: Choice, n: Mapping[int, int]) -> Place:
    there = Choice("all", {"store": str(store.pk)})
    return Place(
        key=f"store-{store.pk}",
        label=store.name,
        url=there.address(),
        count=n.get(store.pk, 0),
        flag=store.country,
        current=(choice.view, choice.narrowed) == (there.view, there.narrowed),
    )
