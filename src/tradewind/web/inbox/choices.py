"""What the list is narrowed to, as it stands in the address, and the chips that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language_info, pgettext
from django.utils.translation import gettext as _

from tradewind.commerce.models import Store
from tradewind.identity.actor import Actor
from tradewind.identity.models import Role
from tradewind.inbox.overview import Facets
from tradewind.inbox.queries import VIEWS, Filters
from tradewind.web.inbox.happenings import state_words
from tradewind.web.parts.channels import channel_letters
from tradewind.web.parts.problems import problem_words

NARROWING = ("state", "channel", "store", "country", "language", "intent", "clock", "sku")
SORTS = ("urgent", "newest")
_LONGEST = 120


def view_words() -> dict[str, str]:
    """The names of the built-in views."""
    return {
        "mine": pgettext("view", "Mine"),
        "unassigned": pgettext("view", "Unassigned"),
        "due": pgettext("view", "Due soon"),
        "claims": pgettext("view", "Claims"),
        "mentions": pgettext("view", "Mentions"),
        "risk": pgettext("view", "At risk"),
        "failed": pgettext("view", "Failed sends"),
        "all": pgettext("view", "All open"),
        "resolved": pgettext("view", "Resolved"),
    }


VIEW_ICONS = {
    "mine": "buyer",
    "unassigned": "inbox",
    "due": "clock",
    "claims": "case",
    "mentions": "at",
    "risk": "shield",
    "failed": "send",
    "all": "list",
    "resolved": "check",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody looks at: a view, narrowed, in an order."""

    view: str
    narrowed: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    sort: str = "urgent"

    @property
    def filters(self) -> Filters:
        """The same as the inbox's queries take it."""
        n = self.narrowed
        return Filters(
            view=self.view,
            query=self.query,
            state=n.get("state", ""),
            channel=n.get("channel", ""),
            store=n.get("store", ""),
            country=n.get("country", ""),
            language=n.get("language", ""),
            intent=n.get("intent", ""),
            clock=n.get("clock", ""),
            sku=n.get("sku", ""),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether the stream cannot tell what belongs into this list."""
        return bool(
            self.narrowed
            or self.query
            or self.sort != "urgent"
            or self.view in ("claims", "mentions")
        )

    def address(self, name: str = "inbox", **changes: str) -> str:
        """The address of this choice with some changes; an empty value takes one away."""
        parts = {"view": self.view, **self.narrowed, "q": self.query, "sort": self.sort, **changes}
        kept = {k: v for k, v in parts.items() if v and (k, v) != ("sort", "urgent")}
        return f"{_path(name)}?{urlencode(kept)}"

    @property
    def saved_as(self) -> str:
        """The part of the address that a saved view keeps."""
        return self.address().partition("?")[2]


@cache
def _path(name: str) -> str:
    return reverse(name)


def choice_of(given: Mapping[str, str], *, actor: Actor) -> Choice:
    """The choice an address makes; what it does not know it leaves out."""
    view = given.get("view", "")
    return Choice(
        view=view if view in VIEWS else home_view(actor),
        narrowed={k: given[k].strip()[:_LONGEST] for k in NARROWING if given.get(k, "").strip()},
        query=given.get("q", "").replace("\x00", "").strip()[:400],
        sort=given["sort"] if given.get("sort") in SORTS else "urgent",
    )


def home_view(actor: Actor) -> str:
    """Where somebody begins: those who answer with their own, others with everything."""
    role = actor.membership.role if actor.membership else ""
    return "mine" if role in (Role.AGENT, Role.LEAD) else "all"


def language_name(code: str) -> str:
    """A language in the words of the person who looks; its code when nobody knows it."""
    for known in (code.lower(), code.lower().split("-")[0]):
        try:
            return str(get_language_info(known)["name_translated"])
        except KeyError:
            continue
    return code


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a chip's menu."""

    label: str
    url: str
    is_chosen: bool
    flag: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: its name, what it is set to, what it can be set to."""

    name: str
    label: str
    value: str
    clear_url: str
    options: Sequence[Option]


def chips_of(
    choice: Choice, facets: Facets, stores: Sequence[Store], labels: Mapping[str, str]
) -> list[Chip]:
    """Every filter of the list in the order they stand."""
    clocks = {"over": _("Overdue"), "soon": _("Due within 4 hours")}
    states = state_words()
    named: list[tuple[str, str, dict[str, str]]] = [
        ("state", _("State"), states),
        ("channel", _("Channel"), {p: channel_letters(p)[1] for p in facets.platforms}),
        ("country", _("Country"), {c: c for c in facets.countries}),
        ("language", _("Language"), {c: language_name(c) for c in facets.languages}),
        ("intent", _("Problem"), {i: leaf_of(i, labels) for i in facets.intents}),
        ("clock", _("Clock"), clocks),
        ("store", _("Store"), {str(s.pk): s.name for s in stores}),
    ]
    return [_chip(choice, *facts) for facts in named] + [_chip(choice, "sku", "SKU", {})]


def leaf_of(code: str, labels: Mapping[str, str]) -> str:
    """The seller's word for a problem, or ours."""
    return labels.get(code) or problem_words(code).leaf or problem_words(code).branch


def _chip(choice: Choice, name: str, label: str, options: dict[str, str]) -> Chip:
    chosen = choice.narrowed.get(name, "")
    if chosen and name != "sku":
        options = {chosen: chosen, **options}
    return Chip(
        name=name,
        label=label,
        value=options.get(chosen, chosen),
        clear_url=choice.address(**{name: ""}),
        options=[
            Option(
                label=words,
                url=choice.address(**{name: value}),
                is_chosen=value == chosen,
                flag=value if name == "country" else "",
                platform=value if name == "channel" else "",
            )
            for value, words in options.items()
        ],
    )


def as_dict(given: Any) -> dict[str, str]:
    """A query as plain text by name, the last value of each."""
    return {str(k): str(v) for k, v in given.items()}
