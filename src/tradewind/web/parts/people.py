"""Letters that stand for a person when there is no picture."""

from __future__ import annotations

import unicodedata


def _is_east_asian(char: str) -> bool:
    return unicodedata.east_asian_width(char) in ("W", "F")


def _first_letter(word: str) -> str:
    return next((char for char in word if unicodedata.category(char)[0] in "LN"), "")


def buyer_letters(name: str) -> str:
    """Up to two letters for a buyer: ``KV``, ``佐``, ``ع``; empty when the name has none."""
    letters = [letter for word in name.split() if (letter := _first_letter(word))]
    if not letters:
        return ""
    if not unicodedata.name(letters[0], "").startswith(("LATIN", "CYRILLIC", "GREEK")):
        return letters[0]
    return (letters[0] + (letters[-1] if len(letters) > 1 else "")).upper()


def colleague_letters(name: str) -> str:
    """Letters by which colleagues know one another: the given name's, ``敏`` of 周敏."""
    name = name.strip()
    if name and " " not in name and len(name) <= 4 and all(map(_is_east_asian, name)):
        return name[-1]
    return buyer_letters(name)
