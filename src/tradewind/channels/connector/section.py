"""One table of a connector file, read key by key; faults are gathered, not raised."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.expressions import Expression, compile_expression
from tradewind.channels.connector.functions import ConnectorFunctions
from tradewind.channels.connector.templates import Template, compile_template
from tradewind.channels.contract import JSON

T = TypeVar("T")


@dataclass(slots=True)
class Section:
    """Reads keys of ``data``; ``close`` reports the keys nobody asked for."""

    data: Mapping[str, JSON]
    path: str
    issues: list[str]
    functions: ConnectorFunctions
    _read: set[str] = field(default_factory=set)

    def issue(self, key: str, sentence: str) -> None:
        """Note a fault at a key of this table."""
        self.issues.append(f"{self._at(key)}: {sentence}")

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A string."""
        return self._typed(key, default, str, "a string", required=required)

    def choice(self, key: str, allowed: Collection[str], default: str = "") -> str:
        """One of the allowed strings; required when the default is not one of them."""
        value = self.text(key, default, required=default not in allowed)
        if value not in allowed and key in self.data:
            self.issue(key, f"got {value!r}, wants one of {', '.join(sorted(allowed))}")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A boolean."""
        return self._typed(key, default, bool, "true or false")

    def whole(self, key: str, default: int | None = None, *, least: int = 0) -> int | None:
        """A whole number, at least ``least``."""
        value = self._typed(key, default, (int, type(None)), "a whole number")
        if isinstance(value, bool) or (value is not None and value < least):
            self.issue(key, f"got {value!r}, wants a whole number of at least {least}")
            return default
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """A positive number."""
        value = self._typed(key, default, (int, float, type(None)), "a number")
        if isinstance(value, bool) or (value is not None and value <= 0):
            self.issue(key, f"got {value!r}, wants a number above 0")
            return default
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(self._list(key, str, "a list of strings"))

    def wholes(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """A list of whole numbers."""
        return tuple(self._list(key, int, "a list of whole numbers")) or default

    def codes(self, key: str) -> frozenset[str]:
        """A list of error codes, numbers or strings, as strings."""
        return frozenset(str(code) for code in self._list(key, (int, str), "a list of codes"))

    def expression(
        self, key: str, names: Collection[str] | None, *, required: bool = False
    ) -> Expression | None:
        """A compiled expression, None when the key is absent or at fault."""
        text = self.text(key, required=required)
        return self.compiled(key, text, names) if text else None

    def compiled(self, key: str, text: JSON, names: Collection[str] | None) -> Expression | None:
        """The expression of a text that stands somewhere under ``key``."""
        if not isinstance(text, str):
            self.issue(key, f"got {text!r}, wants an expression")
            return None
        try:
            return compile_expression(text, functions=self.functions, names=names)
        except ExpressionFailed as fault:
            self.issue(key, str(fault))
            return None

    def template(
        self,
        key: str,
        names: Collection[str] | None,
        *,
        sources: bool = False,
        strict_places: bool = False,
    ) -> Template | None:
        """A compiled template, None when the key is absent or at fault."""
        self._read.add(key)
        if key not in self.data:
            return None
        try:
            return compile_template(
                self.data[key],
                functions=self.functions,
                names=names,
                sources=sources,
                strict_places=strict_places,
            )
        except ExpressionFailed as fault:
            self.issue(key, str(fault))
            return None

    def table(self, key: str) -> Section | None:
        """The table under a key."""
        value: JSON = self._typed(key, None, (dict, type(None)), "a table")
        return None if value is None else self._sub(key, value)

    def part(self, key: str, read: Callable[[Section], T]) -> T | None:
        """What ``read`` makes of the table under a key, None when there is none."""
        table = self.table(key)
        return None if table is None else table.closed(read)

    def tables(self, key: str) -> list[Section]:
        """The list of tables under a key."""
        rows = self._list(key, dict, "a list of tables")
        return [self._sub(f"{key}[{number}]", row) for number, row in enumerate(rows)]

    def raw(self, key: str) -> JSON:
        """The value as it stands, for shapes that are checked by the caller."""
        self._read.add(key)
        return self.data.get(key)

    def close(self) -> None:
        """Report every key that was not read."""
        for key in sorted(set(self.data) - self._read):
            known = ", ".join(sorted(self._read))
            self.issue(key, f"unknown key; this table knows: {known}")

    def closed(self, read: Callable[[Section], T]) -> T:
        """What ``read`` makes of this table, with unknown keys reported."""
        result = read(self)
        self.close()
        return result

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _sub(self, key: str, value: Mapping[str, JSON]) -> Section:
        return Section(value, self._at(key), self.issues, self.functions)

    def _typed(
        self,
        key: str,
        default: T,
        kind: type | tuple[type, ...],
        wanted: str,
        *,
        required: bool = False,
    ) -> T:
        self._read.add(key)
        if key not in self.data:
            if required:
                self.issue(key, f"is missing, wants {wanted}")
            return default
        value: JSON = self.data[key]
        if isinstance(value, kind):
            return cast("T", value)
        self.issue(key, f"got {value!r}, wants {wanted}")
        return default

    def _list(self, key: str, kind: type | tuple[type, ...], wanted: str) -> list[JSON]:
        value: list[JSON] = self._typed(key, [], list, wanted)
        if all(isinstance(member, kind) for member in value):
            return value
        self.issue(key, f"got {value!r}, wants {wanted}")
        return []
