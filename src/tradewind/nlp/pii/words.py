"""The words of ``words.toml`` as patterns."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def places() -> dict[str, list[str]]:
    """The tables of ``places.toml``."""
    return tomllib.loads(files(__package__).joinpath("places.toml").read_text("utf-8"))


LETTER = r"[^\W\u0600-\u06ff\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af]"
"""A letter or digit of a script that puts blanks between words: what may not touch a number."""


_BREAK = re.compile(r"[\d\n]")
_REACH = {"phone": 16, "card": 24, "iban": 12, "paper": 26, "version": 20, "other": 14}
"""Most characters between the word and the value: "tax number for customs: …"."""


@cache
def words() -> dict[str, Any]:
    """The tables of ``words.toml``."""
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def any_of(given: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; a blank stands for any white space."""
    longest = sorted(set(given), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"[\s\u00a0]?") for word in longest)


def is_called(name: str, before: str) -> bool:
    """Whether the text right before a value ends in a word of the table, no number between."""
    near = _BREAK.split(before)[-1]
    # Cheap, and nearly always the end of it where numbers stand side by side.
    return any(map(str.isalpha, near)) and bool(_label(name).search(near))


@cache
def _label(name: str) -> re.Pattern[str]:
    # A word of letters must begin where a word begins; Chinese and Japanese know no such place.
    spaced = any_of(word for word in words()[name] if not _is_cjk(word))
    dense = any_of(word for word in words()[name] if _is_cjk(word)) or "(?!)"
    capitals = any_of(words().get(f"{name}_in_capitals", ())) or "(?!)"
    return re.compile(
        rf"(?:(?<![^\W_])(?:(?i:{spaced})|{capitals})(?![^\W\d_])|{dense}).{{0,{_REACH[name]}}}$"
    )


def _is_cjk(word: str) -> bool:
    return any("\u2e80" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" for char in word)
