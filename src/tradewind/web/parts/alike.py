"""Addresses and pieces of pages that are alike but for a number: made once, then only filled in."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Stands for the number; no row has it, and no text.
_ANY = 900_719_925_474_099


def numbered_address(name: str, number: int) -> str:
    """The address of one row: that of ``name`` with its number."""
    return _address(name).replace(str(_ANY), str(number))


@lru_cache(maxsize=200)
def _address(name: str) -> str:
    return reverse(name, args=[_ANY])


def numbered_piece(template: str, number: int) -> SafeString:
    """A piece whose template knows nothing but ``number``, in the language of who looks."""
    piece = _piece(template, get_language(), static("tradewind/icons/icons.svg"))
    return mark_safe(piece.replace(str(_ANY), str(int(number))))  # noqa: S308 — rendered by Django


@lru_cache(maxsize=50)
def _piece(template: str, language: str | None, icons: str) -> str:
    return render_to_string(template, {"number": str(_ANY)})
