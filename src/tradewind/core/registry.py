"""The one way a module makes something known to those above it: a name and a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Things by name, in the order they came; ``what`` names the kind in messages."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Make the thing known; ValueError when another has the name."""
        if name in self._things and self._things[name] is not thing:
            raise ValueError(f"there is already a {self.what} named {name!r}")
        self._things[name] = thing
        return thing

    def adds(self, name: str) -> Callable[[T], T]:
        """Make the decorated thing known under the name."""
        return lambda thing: self.add(name, thing)

    def get(self, name: str) -> T:
        """Give the thing; KeyError lists the names there are."""
        if name not in self._things:
            known = ", ".join(self._things) or "none"
            raise KeyError(f"there is no {self.what} named {name!r}; known: {known}")
        return self._things[name]

    def find(self, name: str) -> T | None:
        """Give the thing, None when there is none of the name."""
        return self._things.get(name)

    def items(self) -> list[tuple[str, T]]:
        """Give names and things in the order they were added."""
        return list(self._things.items())

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._things))

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __len__(self) -> int:
        return len(self._things)
