"""The same message as other hands would have typed it: no accents, slips, no punctuation."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

_PLAIN = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "Ł": "L"})
_LETTERS = "abcdefghijklmnoprstuvyz"
_EVERY = 40


def disguised(text: str, chance: random.Random) -> str:
    """The text in one disguise drawn by chance, or as it is."""
    drawn = chance.choices(_DISGUISES, _WEIGHTS)[0]
    return drawn(text, chance) or text


def without_accents(text: str, _: random.Random) -> str:
    """Letters without their marks, where the script is Latin or Greek."""
    parted = unicodedata.normalize("NFD", text.translate(_PLAIN))
    kept = "".join(c for c in parted if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", kept)


def with_slips(text: str, chance: random.Random) -> str:
    """A slip of the finger about every forty letters: left out, swapped, doubled or beside."""
    letters = list(text)
    for _ in range(max(1, len(letters) // _EVERY)):
        n = chance.randrange(len(letters))
        if not letters[n].isalpha():
            continue
        slip = chance.random()
        if slip < 0.35:
            letters[n] = ""
        elif slip < 0.6 and n + 1 < len(letters):
            letters[n], letters[n + 1] = letters[n + 1], letters[n]
        elif slip < 0.8:
            letters[n] *= 2
        elif letters[n].isascii():
            letters[n] = chance.choice(_LETTERS)
    return "".join(letters)


def _lower(text: str, _: random.Random) -> str:
    return text.lower()


def _upper(text: str, _: random.Random) -> str:
    return text.upper()


def _without_points(text: str, _: random.Random) -> str:
    return "".join(c for c in text if not unicodedata.category(c).startswith("P"))


def _as_it_is(text: str, _: random.Random) -> str:
    return text


_DISGUISES: tuple[Callable[[str, random.Random], str], ...] = (
    _as_it_is, without_accents, with_slips, _lower, _upper, _without_points,
)  # fmt: skip
_WEIGHTS = (60, 9, 11, 9, 4, 7)
