"""Values with places in them: ``=expr``, ``{name.part}`` and objects that drop null members."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.expressions import Expression, compile_expression
from tradewind.channels.connector.functions import ConnectorFunctions, as_text
from tradewind.channels.contract import JSON

Context = Mapping[str, JSON]
_PLACE = re.compile(r"\{([A-Za-z_]\w*(?:\.\w+)*)\}")
_SOURCES = {"secret": "secret", "account": "account", "config": "account"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is the same in every context."""

    value: JSON

    def render(self, context: Context) -> JSON:
        """The constant, in every context."""
        del context
        return self.value


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that an expression finds."""

    expression: Expression

    def render(self, context: Context) -> JSON:
        """What the expression finds; raises ExpressionFailed."""
        return self.expression.find(context)


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A string with ``{name}`` places."""

    text: str
    places: Mapping[str, Expression]

    def render(self, context: Context) -> str:
        """The string with its places filled; a missing value raises ExpressionFailed."""
        return self.fill(context, lambda value: value)

    def fill(self, context: Context, escape: Callable[[str], str]) -> str:
        """As ``render``, with each filled value passed through ``escape``."""

        def value_of(place: re.Match[str]) -> str:
            expression = self.places.get(place[1])
            if expression is None:
                return place[0]
            value = as_text(expression.find(context))
            if value is None or value == "":
                raise ExpressionFailed(f"{{{place[1]}}} has no value")
            return escape(value)

        return _PLACE.sub(value_of, self.text)


@dataclass(frozen=True, slots=True)
class Shape:
    """An object or list of templates; null members of objects are left out."""

    members: Mapping[str, Template] | tuple[Template, ...]

    def render(self, context: Context) -> JSON:
        """The object or list with every member rendered."""
        if isinstance(self.members, tuple):
            return [member.render(context) for member in self.members]
        rendered = {name: member.render(context) for name, member in self.members.items()}
        return {name: value for name, value in rendered.items() if value is not None}


Template = Constant | Computed | Interpolated | Shape


def compile_template(
    value: JSON,
    *,
    functions: ConnectorFunctions,
    names: Collection[str] | None,
    sources: bool = False,
    strict_places: bool = False,
) -> Template:
    """The template of a TOML value.

    ``sources`` allows ``secret:NAME``, ``account:NAME`` and ``literal:TEXT``;
    ``strict_places`` refuses a ``{name}`` nothing binds (in paths; JSON may hold braces).
    Raises ExpressionFailed.
    """

    def compile_(part: JSON) -> Template:
        if isinstance(part, Mapping):
            return Shape({name: compile_(member) for name, member in part.items()})
        if isinstance(part, list):
            return Shape(tuple(compile_(member) for member in part))
        if not isinstance(part, str):
            return Constant(part)
        return _compile_text(
            part, functions=functions, names=names, sources=sources, strict=strict_places
        )

    return compile_(value)


def _compile_text(
    text: str,
    *,
    functions: ConnectorFunctions,
    names: Collection[str] | None,
    sources: bool,
    strict: bool,
) -> Template:
    if text.startswith("="):
        return Computed(compile_expression(text[1:], functions=functions, names=names))
    head, _, tail = text.partition(":")
    if sources and head == "literal":
        return Constant(tail)
    if sources and head in _SOURCES and tail:
        place = f'{_SOURCES[head]}."{tail}"'
        return Computed(compile_expression(place, functions=functions, names=None))
    places = {
        place: compile_expression(place, functions=functions, names=names if strict else None)
        for place in _PLACE.findall(text)
        if strict or names is None or place.split(".")[0] in names
    }
    return Interpolated(text=text, places=places) if places else Constant(text)
