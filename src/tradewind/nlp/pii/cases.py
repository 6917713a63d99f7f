"""A name in the cases of the languages that have them: a closed list, ``words.toml`` holds it."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache

from tradewind.nlp.pii.words import words

_SHORTEST = 3
"""Letters that must stay: of less too many words are made."""
_OF_SHORT = ("s", "a", "u", "y")
_LONGEST_END = 3
_GLUED = frozenset("ولبفكلבמהושכ")
"""Arabic and Hebrew words that are one letter, and written together with the next."""


def is_form(word: str, name: str) -> bool:
    """Whether a word is the name, perhaps in a case of some language or with a prefix glued on."""
    return word == name or word in forms_of(name) or (word[0] in _GLUED and word[1:] == name)


@lru_cache(maxsize=2048)
def forms_of(name: str) -> frozenset[str]:
    """The name with each ending it may have, itself not among them."""
    if len(name) <= _SHORTEST:
        return frozenset(name + end for end in _OF_SHORT if len(name) == _SHORTEST)
    found: set[str] = set()
    for length in range(1, _LONGEST_END + 1):
        stem, end = name[:-length], name[-length:]
        add, instead = _endings().get(end, ((), ()))
        found.update(name + other for other in add)
        if len(stem) >= _SHORTEST:
            found.update(stem + other for other in instead)
    return frozenset(found - {name})


@cache
def _endings() -> dict[str, tuple[list[str], list[str]]]:
    """By a name's end: what may follow it, and what may stand in its place."""
    table: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for case in words()["cases"]:
        for end in case["of"]:
            table[end][0].extend(case.get("add", ()))
            table[end][1].extend(case.get("to", ()))
    return dict(table)
