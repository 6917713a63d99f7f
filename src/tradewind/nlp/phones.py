"""Phone numbers: a cheap look first, the numbering plans only where it finds something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import phonenumbers

_CANDIDATE = re.compile(
    r"(?<![\w#/-])(?:\+|00)?\(?\d{1,4}\)?(?:[ \u00a0.()/-]{0,2}\d{2,5}){2,5}(?![\w-])"
)
_WORD = re.compile(
    r"(?:phone|tel|call|mobil|cell|whats\s?app|handy|numéro|teléfono|telefon|телефон|тел|电话|電話|"
    r"手机|手機|微信|전화|연락처|โทร|số điện thoại|sđt|"
    r"nomor|फोन|मोबाइल|هاتف|جوال|תלפון|טלפון|viber|celular|"
    r"contact)[^\d\n]{0,24}$",
    re.IGNORECASE,
)
_REGIONS = {"uk": "GB", "com": "US", "us": "US", "en": "US", "ja": "JP", "zh": "CN"}
_MOST = 20


def find_phones(text: str, *, site: str) -> Iterator[tuple[str, int, int]]:
    """Valid phone numbers as written with their spans; national ones only beside a phone word."""
    for match in islice(_CANDIDATE.finditer(text), _MOST):
        found = match[0]
        is_international = found.startswith(("+", "00"))
        if not is_international and not _WORD.search(
            text[max(0, match.start() - 40) : match.start()]
        ):
            continue
        if _is_phone(found, region=None if is_international else region_of(site)):
            yield found, match.start(), match.end()


def region_of(site: str) -> str | None:
    """The country that a store's site or country names; None where it names none."""
    place = re.split(r"[._\-/]", site.strip().lower())[-1]
    return _REGIONS.get(place, place.upper() if len(place) == 2 else None)


def _is_phone(written: str, *, region: str | None) -> bool:
    digits = sum(map(str.isdigit, written))
    if not 7 <= digits <= 16:
        return False
    number = f"+{written[2:]}" if written.startswith("00") else written
    if region is None and not number.startswith("+"):
        return digits >= 8  # beside a phone word and no country known: the word is proof enough
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(parsed))
