"""Postal addresses by their form: a street and a number, what stands around them, postcodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.dense import DENSE
from tradewind.nlp.pii.words import any_of, places

_DATA = places()
_UPPER = "".join(chr(code) for code in range(0x41, 0x530) if chr(code).isupper())
_CAP = rf"[{_UPPER}][\w'’.-]{{0,30}}"
_SMALL = (
    r"(?:de|del|della|delle|dei|degli|dell['’]|do|da|dos|das|di|du|des|d['’]|la|las|le|les|los|l['’]|"
    r"el|van|von|der|den|am|an|im|of|upon|sur|lez|e|y|i|in|San|St\.?)\s?"
)
_BLANK = r"[ \u00a0]"
_PLACE = rf"(?:St\.{_BLANK})?[{_UPPER}][\w'’-]{{1,30}}"
_NO_TOWN = r"(?!(?:Tel|Tél|Fax|Mob|Cel|Phone|Handy|Num|IBAN|SDI|BIC)(?![^\W\d_]))"
_TOWN = rf"(?:{_NO_TOWN}{_PLACE}(?:(?:{_BLANK}|{_BLANK}(?:{_SMALL}){{1,2}}|-){_PLACE}){{0,2}})"
_NAME = rf"(?:{_SMALL}){{0,3}}{_CAP}(?:{_BLANK}(?:{_SMALL}){{0,2}}(?:{_CAP}|\d{{1,2}})){{0,4}}?"
_LOOSE = r"[^\W\d_][\w.'’-]{0,24}(?: [^\W\d_][\w.'’-]{0,24}){0,4}?"
_MARK = (
    r"(?i:n[ºo°]?\.?|nr\.?|no\.?[:.]?|№|núm(?:ero)?\.?|numero|#|д(?:ом)?\.?|km|n\.|calle|nave|lote)"
)
_HOUSE = (
    rf"(?:{_MARK}\s?)?\d{{1,5}}(?:\s?[-/]\s?\d{{1,4}}){{0,3}}(?:(?:[\s/]?[A-ZА-Я]|[\s/]?[a-dа-г]|[a-z])(?![\w'’:.]))?"
    rf"(?![\w]|[.,]\d|\s?(?i:{any_of(_DATA['counted'])})(?!\w))"
)
_LINK = r"[\s\u00a0]?,?[\s\u00a0]{0,2}"


def _prefixed() -> str:
    careful = any_of(_DATA["careful"])
    free = any_of(set(_DATA["prefix"]) - set(_DATA["careful"]))
    return (
        rf"(?<![\w'’])(?:(?i:{careful})\s?(?:{_NAME})|(?i:{free})\s?"
        rf"(?:{_LOOSE}|\d{{1,3}}[A-Z]?)){_LINK}{_HOUSE}"
    )


_STREETS = tuple(
    re.compile(pattern)
    for pattern in (
        # Lindenstraße 14, Mariahilfer Straße 103/2, Storgatan 14
        rf"(?<![\w-])(?:(?:{any_of(_DATA['first'])}|[{_UPPER}][\w-]{{2,20}}er) )?"
        rf"(?:[^\W\d_][\w'’.-]{{1,30}}|(?:{_CAP} ){{1,2}})"
        rf"(?i:{any_of(_DATA['suffix'])})\s?{_HOUSE}",
        rf"(?<!\w)(?:{any_of(_DATA['german'])}) {_CAP}(?: {_CAP})?\s{_HOUSE}",
        _prefixed(),
        # 90 Deansgate, Manchester M3 2QG
        rf"(?<![\w.-])\d{{1,4}}[A-Z]?,? {_CAP}(?: {_CAP})?,\s"
        rf"(?={_TOWN},?\s[A-Z]{{1,2}}\d[A-Z\d]?\s\d[A-Z]{{2}})",
        # 1184 Willow Creek Road
        rf"(?<![\w.-])\d{{1,5}}[A-Za-z]?(?:[/-]\d{{1,4}})?,?\s(?:{_CAP} ){{1,4}}?"
        rf"(?i:{any_of(_DATA['english'])})(?!\w)\.?(?:\s(?:[NSEW]{{1,2}}|West|East|North|South|\d{{1,3}})(?!\w))?",
        rf"(?<![\w.-])\d{{1,5}}\s(?!the|a\s|this|{any_of(_DATA['counted'])})[a-z]{{4,20}}(?:\s[a-z]{{4,20}})?"
        r"\s(?:rd|road|street|st|ave|avenue|lane|drive|blvd)(?!\w)",
        rf"(?<!\w)(?:Blk|Block)\s\d{{1,4}}[A-Z]?\s(?:{_CAP}\s){{1,3}}\d{{1,3}}",
        # 14 bis, rue des Lilas
        rf"(?<![\w.-])\d{{1,4}}\s?(?:bis|ter|[A-D])?{_LINK}(?i:{any_of(_DATA['french'])})\s"
        rf"(?:{_SMALL}){{0,3}}{_CAP}(?:\s(?:{_SMALL}){{0,2}}{_CAP}){{0,3}}",
        # Невский проспект, 88
        rf"(?<!\w){_CAP}\s(?:проспект|пр-т|пр-кт|пр\.|бульвар|шоссе|ш\.|переулок|пер\.|проезд|тракт){_LINK}{_HOUSE}",
        # Atatürk Mah. Gül Sok. No:12
        rf"(?<!\w)(?:(?:(?:{_CAP}|\d{{1,4}}\.)\s){{1,3}}|[^\W\d_]{{3,20}}\s)(?i:{any_of(_DATA['turkish'])})(?!\w)"
        rf"(?:[\s,]{{1,2}}(?:(?:{_CAP}|\d{{1,4}}\.)\s){{1,3}}(?i:{any_of(_DATA['turkish'])})(?!\w)"
        rf"|[\s,]{{1,2}}\w{{3,20}}\s(?i:{any_of(_DATA['turkish'])})(?!\w)){{0,3}}{_LINK}{_HOUSE}",
        # شارع الملك فهد، حي العليا، الرياض 12211
        rf"(?<!\w)(?:\d{{1,4}}\s)?(?:{any_of(_DATA['arabic'])})\s?[\w ]{{1,30}}"
        rf"(?:[،,]\s?(?:(?:{any_of(_DATA['arabic'])}|الطابق)\s[\w ]{{1,30}}|[^\W\d_]{{3,14}}"
        r"(?:\s[^\W\d_]{3,14})?(?:\s\d{1,5})?(?=\s?[.،,\n]|$)|(?!و)\w{3,12}\s\d{4,5}(?!\d))){0,4}",
        # Lipowa 4, 16-070 Choroszcz: the town says that it is a street
        rf"(?<![\w-]){_NO_TOWN}{_CAP} {_HOUSE},?\s"
        rf"(?=\d[\d -]{{3,6}}(?: ?[A-Z]{{2}})? {_PLACE})",
    )
)
_ALONE = tuple(
    re.compile(rf"(?<![\w-]){pattern.replace('«T»', _TOWN)}(?!\w)") for pattern in _DATA["alone"]
)
_UNIT = rf"(?:{'|'.join(_DATA['unit']).replace('«T»', _TOWN)})"
_POST = "|".join(
    pattern.replace("«T»", _TOWN).replace(r"\s", _BLANK) for pattern in _DATA["postcodes"]
)
_SEP = r"[\s\u00a0]{0,2}[,،–-]?[\s\u00a0]{0,2}"
_BEHIND = re.compile(rf"{_SEP}(?:{_UNIT}|{_POST})(?!\w)")
_TOWN_BEHIND = re.compile(rf"(?:,\s|\s(?:in|à|a|em|en|i|te|w)\s){_TOWN}(?=\s?(?:[.,;:)\n–-]|$|\d))")
_FLAT = re.compile(rf"(?<!\w)(?:{_UNIT}|(?:\d{{6}},\s)?(?:г\.\s?)?[А-ЯЁ][а-яё-]{{2,20}}),\s?$")
_MOST_PARTS = 8
_WINDOW = 60


def find_places(text: str) -> Iterator[Span]:
    """Postal addresses: streets with what stands around them, and postcodes nothing else has."""
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            if _is_street(match[0]):
                start, end = _grown(text, *match.span())
                yield Span(start, end, Kind.ADDRESS)
    for pattern in (*DENSE, *_ALONE):
        for match in pattern.finditer(text):
            yield Span(*match.span(), Kind.ADDRESS)


@cache
def _arabic() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(_DATA['arabic'])})(?!\w)")


def _is_street(written: str) -> bool:
    """Whether it has a number, or (in Arabic) is told by two words for places."""
    return any(map(str.isdigit, written)) or len(_arabic().findall(written)) > 1


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """The street with flat, postcode and town around it."""
    for _ in range(_MOST_PARTS):
        window = text[end : end + 2 * _WINDOW]
        part = _BEHIND.match(window) or _TOWN_BEHIND.match(window)
        if part is None:
            break
        end += part.end()
    for _ in range(2):
        before = text[max(0, start - _WINDOW) : start]
        part = _FLAT.search(before)
        if part is None:
            break
        start -= len(before) - part.start()
    return start, end
