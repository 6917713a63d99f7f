"""Postal addresses by their form: a street and a number, what stands around them, postcodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.dense import dense
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
_HAMLET = r"lieu-?\s?dit|hameau|résidence|quinta|sítio|fazenda|paraje"
_CUE = (
    r"(?i:address|dirección|direccion|adresse|adres|adresim|indirizzo|endereço|endereco|morada|адрес|адреса|adresa|"
    r"adressen)(?: (?:is|es|è|é|ist|est|to|är|er|je))?"
)
_MARK = (
    r"(?i:n[ºo°]?\.?|nr\.?|no\.?[:.]?|№|núm(?:ero)?\.?|numero|#|д(?:ом)?\.?|km|n\.|calle|nave|lote)"
)
_HOUSE = (
    rf"(?:{_MARK}\s?)?\d{{1,5}}(?:\s?[-/]\s?\d{{1,4}}){{0,3}}(?:(?:[\s/]?[A-ZА-Я]|[\s/]?[a-dа-г]|[a-z])(?![\w'’:.]))?"
    rf"(?![\w]|[.,]\d|\s?(?i:{any_of(_DATA['counted'])})(?!\w))"
)
_UNIT = rf"(?:{'|'.join(_DATA['unit']).replace('«T»', _TOWN)})"
_LINK = r"[\s\u00a0]?,?[\s\u00a0]{0,2}"


def _prefixed() -> str:
    careful = any_of(_DATA["careful"])
    free = any_of(set(_DATA["prefix"]) - set(_DATA["careful"]))
    return (
        rf"(?<![\w'’])(?:(?i:{careful})\s?(?:{_NAME})|(?i:{free})\s?"
        rf"(?:{_LOOSE}|\d{{1,3}}[A-Z]?)){_LINK}{_HOUSE}"
    )


@cache
def _streets() -> tuple[re.Pattern[str], ...]:
    # Made when first asked for: a program that hides nothing need not wait for it.
    return tuple(re.compile(pattern) for pattern in (*_germanic(), *_elsewhere()))


def _germanic() -> tuple[str, ...]:
    return (
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
    )


def _elsewhere() -> tuple[str, ...]:
    return (
        # 14 bis, rue des Lilas
        rf"(?<![\w.-])\d{{1,4}}\s?(?:bis|ter|[A-D])?{_LINK}(?i:{any_of(_DATA['french'])})\s"
        rf"(?:{_SMALL}){{0,3}}{_CAP}(?:\s(?:{_SMALL}){{0,2}}{_CAP}){{0,3}}",
        # Невский проспект, 88
        rf"(?<!\w){_CAP}\s(?:проспект|пр-т|пр-кт|пр\.|бульвар|шоссе|ш\.|переулок|пер\.|проезд|тракт){_LINK}{_HOUSE}",
        # Atatürk Mah. Gül Sok. No:12
        rf"(?<!\w)(?:(?:(?:{_CAP}|\d{{1,4}}\.)\s){{1,3}}|[^\W\d_]{{3,20}}\s)(?i:{any_of(_DATA['turkish'])})(?!\w)"
        rf"(?:[\s,]{{1,2}}(?:(?:{_CAP}|\d{{1,4}}\.)\s){{1,3}}(?i:{any_of(_DATA['turkish'])})(?!\w)"
        rf"|[\s,]{{1,2}}\w{{3,20}}\s(?i:{any_of(_DATA['turkish'])})(?!\w)){{0,3}}"
        rf"{_LINK}(?:{_HOUSE}|K:\s?\d{{1,2}}(?: D:\s?\d{{1,3}})?)",
        rf"(?<![\w.-])(?:\d{{1,4}}[A-Z]?,?\s)?(?i:jalan|jln\.?|jl\.?|lorong)\s{_NAME}\s?(?:\d{{1,4}}/\d{{1,4}}\w?|{_HOUSE})",
        # شارع الملك فهد، حي العليا، الرياض 12211
        rf"(?<!\w)(?:\d{{1,4}}\s)?(?:{any_of(_DATA['arabic'])})\s?[\w ]{{1,30}}"
        rf"(?:[،,]\s?(?:(?:{any_of(_DATA['arabic'])}|الطابق)\s[\w ]{{1,30}}|[^\W\d_]{{3,14}}"
        r"(?:\s[^\W\d_]{3,14})?(?:\s\d{1,5})?"
        r"(?=\s?[.،,\n]|$|\s(?:موبايل|جوال|تلفون|هاتف|باسم|واتساب))|(?!و)\w{3,12}\s\d{4,5}(?!\d))){0,4}",
        # Lieu-dit Le Moulin Brûlé, 24200 Sarlat; Plaza Nueva s/n; Contrada Fontanelle snc
        rf"(?<![\w'’])(?i:{_HAMLET}) (?:{_NAME})"
        rf",\s(?=\d[\d -]{{3,7}} {_PLACE})",
        rf"(?<![\w'’])(?i:{any_of(_DATA['prefix'])})\s?(?:{_NAME}),?\s(?i:s/n|snc|sn|b/n)(?!\w)",
        # 8ter rue gal leclerc
        r"(?<![\w.-])\d{1,4}\s?(?:bis|ter)?,? "
        r"(?:rue|avenue|boulevard|impasse|allée|chemin|quai|cours) "
        r"(?:(?:de la|du|des|de) )?[^\W\d_]{3,20}(?: [^\W\d_]{3,20}){0,2}(?=\s?[.,;:!?)\n]|$)",
        # my address is Los Aromos 0442
        rf"(?<=[\s:])(?<!\w)(?:{_CUE})[:\s]{{1,3}}(?P<at>{_NAME}{_LINK}{_HOUSE})",
        # 3-я Парковая ул., 12
        rf"(?<!\w)(?:\d{{1,2}}-[йяе]\s)?{_CAP}\s(?:ул\.?|улица|наб\.?|пл\.?){_LINK}{_HOUSE}",
    )


@cache
def _by_town() -> re.Pattern[str]:
    # The town behind says that it is a street; asked only where nothing surer was found, since a
    # word before the street may be none of it.
    return re.compile(
        # Lipowa 4, 16-070 Choroszcz
        rf"(?<![\w-]){_NO_TOWN}{_CAP}"
        rf"(?: (?:(?:de|der|des|del|della|di|da|do|dos|van|von|la|le) ){{0,2}}{_CAP}){{0,3}}?"
        rf",? {_HOUSE}"
        rf"(?:,? (?:{_UNIT})){{0,2}},?\s"
        rf"(?=(?:[A-Z]{{1,2}}-)?[A-Z]?\d[\d -]{{2,6}}(?: ?[A-Z]{{2,3}})? {_PLACE})"
    )


@cache
def _alone() -> tuple[re.Pattern[str], ...]:
    return tuple(
        # A pattern that says itself what stands before it is not asked for a word's beginning.
        re.compile(
            ("" if pattern.startswith("(?:(?<=") else r"(?<![\w-])")
            + rf"{pattern.replace('«T»', _TOWN)}(?!\w)"
        )
        for pattern in _DATA["alone"]
    )


_POST = "|".join(
    pattern.replace("«T»", _TOWN).replace(r"\s", _BLANK) for pattern in _DATA["postcodes"]
)
_SEP = r"[\s\u00a0]{0,2}[,،–-]?[\s\u00a0]{0,2}"
_MOST_PARTS = 8
_WINDOW = 60


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(rf"{_SEP}(?:{_UNIT}|{_POST})(?!\w)")


@cache
def _town_behind() -> re.Pattern[str]:
    return re.compile(
        rf"(?:,\s|\s(?:in|à|a|em|en|i|te|w)\s){_TOWN}(?=\s?(?:[.,;:)\n–，。、-]|$|\d))"
    )


@cache
def _flat() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w)(?:{_UNIT}|(?:\d{{6}},\s)?(?:[гм]\.\s?)?[А-ЯЁІЇЄ][а-яёіїє'’-]{{2,20}}|"
        r"c/o [^,\n]{2,40}|[А-ЯЁІЇЄ][а-яёіїє-]{3,20} (?:обл\.?|область|край|р-н)),\s?$"
    )


def find_places(text: str) -> Iterator[Span]:
    """Postal addresses: streets with what stands around them, and postcodes nothing else has."""
    held = bytearray(len(text))
    for pattern in (*_streets(), _by_town()):
        for match in pattern.finditer(text):
            start, end = match.span("at" if "at" in match.groupdict() else 0)
            if _is_street(match[0]) and not (pattern is _by_town() and any(held[start:end])):
                start, end = _grown(text, start, end)
                held[start:end] = b"\1" * (end - start)
                yield Span(start, end, Kind.ADDRESS)
    for pattern in (*dense(), *_alone()):
        for match in pattern.finditer(text):
            yield Span(*match.span(), Kind.ADDRESS)


_NUMBERLESS = re.compile(rf"(?i)^(?:{_HAMLET})|(?:s/n|snc|sn|b/n)$")


@cache
def _arabic() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(_DATA['arabic'])})(?!\w)")


def _is_street(written: str) -> bool:
    """Whether it has a number or says it has none, or (in Arabic) has two words for places."""
    return (
        any(map(str.isdigit, written))
        or bool(_NUMBERLESS.search(written))
        or len(_arabic().findall(written)) > 1
    )


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """The street with flat, postcode and town around it."""
    for _ in range(_MOST_PARTS):
        window = text[end : end + 2 * _WINDOW]
        part = _behind().match(window) or _town_behind().match(window)
        if part is None:
            break
        end += part.end()
    for _ in range(2):
        before = text[max(0, start - _WINDOW) : start]
        part = _flat().search(before)
        if part is None:
            break
        start -= len(before) - part.start()
    return start, end
