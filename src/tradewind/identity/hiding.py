"""Which personal data is hidden in messages from whom. The one place that decides it.

The table is ``hiding.toml``; what is personal data is found by ``nlp.pii``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from tradewind.identity.actor import Actor
from tradewind.nlp.contract import NOTHING
from tradewind.nlp.pii import Kind, Known, Style, find, redact

_EVERYTHING = frozenset(Kind)
Table = Mapping[str, frozenset[Kind]]


@cache
def _policy() -> dict[str, Table]:
    given = tomllib.loads(files(__package__).joinpath("hiding.toml").read_text("utf-8"))
    return {
        table: {name: frozenset(map(Kind, kinds)) for name, kinds in rows.items()}
        for table, rows in given.items()
    }


def hidden_from(actor: Actor) -> frozenset[Kind]:
    """The kinds that are hidden from a person by role, from a program by its token's scopes.

    Whom the table does not name sees none.
    """
    if actor.membership is not None:
        return _policy()["roles"].get(actor.membership.role, _EVERYTHING)
    scopes = _policy()["scopes"]
    told = [scopes[scope] for scope in actor.scopes if scope in scopes]
    return frozenset.intersection(*told) if told else _EVERYTHING


def hidden_in_export(name: str) -> frozenset[Kind]:
    """The kinds that are hidden in a file of this sort; in one the table does not name, all."""
    return _policy()["exports"].get(name, _EVERYTHING)


def hide_for(actor: Actor, text: str, *, country: str = "", known: Known = NOTHING) -> str:
    """The text as this actor may see it: ``[card]`` stands where a card number was."""
    return hide(text, hidden_from(actor), country=country, known=known)


def hide(
    text: str,
    kinds: Iterable[Kind],
    *,
    country: str = "",
    known: Known = NOTHING,
    style: Style = Style.KIND,
) -> str:
    """The text without the personal data of these kinds."""
    wanted = frozenset(kinds)
    if not wanted or not text:
        return text
    return redact(text, find(text, country=country, known=known, kinds=wanted), style)
