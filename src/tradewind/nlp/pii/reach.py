"""How somebody is reached: mail addresses, telephone numbers, IP addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType

from tradewind.nlp.numbers import is_named
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.words import LETTER, is_called

_EMAIL = re.compile(
    rf"(?<!{LETTER})(?<![.+-])(?:{LETTER}|[.+'-]){{1,64}}@(?:(?:{LETTER}|-){{1,63}}\.){{1,5}}{LETTER}{{2,24}}"
)
_SPELT = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{2,40}(?:[\[({](?:dot|punkt|point|punto|ponto)[\])}][\w-]{1,30}){0,2}\s?[\[({]\s?(?:at|@|arroba|chiocciola|małpa|ät|собака)\s?[\])}]\s?"
    r"[\w-]{2,40}(?:\s?(?:[\[({]\s?(?:dot|punkt|point|punto|ponto|punt|nokta|точка|\.)\s?[\])}]|\.)"
    r"\s?[a-z]{2,12}){1,3}"
)
_PHONE = re.compile(
    rf"(?:(?<!{LETTER})|(?<=[Tt][Ee][Ll]))(?<![#@=])(?<!\d[.,:/-])"
    rf"\+?\(?\+?\d++(?:[ \u00a0.()/–-]{{1,3}}+\d++){{0,8}}(?!{LETTER}|@)"
)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|(?:19|20)\d\d-\d{3,8}|20\d{6}-\d{3,8}")
_GROUPED = re.compile(
    r"\(?0\d{1,4}\)?(?:[ .()/-]{1,2}\d{2,5}){1,5}|\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}"
)
_AMERICAN = re.compile(r"\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}")
_MOBILE = re.compile(r"1[3-9]\d{9}|0?5\d{9}|0[1-9]\d{8,9}|8?9\d{9}")
_IPV4 = re.compile(rf"(?<!{LETTER})(?<![.,/-])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?!{LETTER}|\.\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])")
_NEAR = 44
_MOST = 500
_FEWEST = 7
# Where mobile numbers are written without the prefix, and towns' numbers without their code.
_BARE_MOBILES = {"CN", "TR", "IN", "RU", "KZ", "TW", "BR", "MX", "CO", "PE", "AR", "CL"}
_LOCAL = {"TR", "AU", "CN", "TW"}
_MOBILES = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def find_emails(text: str) -> Iterator[Span]:
    """Mail addresses, also spelt out: ``anna (at) example (dot) com``."""
    for pattern in (_EMAIL, _SPELT):
        for match in pattern.finditer(text):
            yield Span(*match.span(), Kind.EMAIL)


def find_ips(text: str) -> Iterator[Span]:
    """IPv4 and IPv6 addresses that are no version numbers."""
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            called = is_called("version", text[max(0, match.start() - _NEAR) : match.start()])
            if not called and _is_ip(match[0]):
                yield Span(*match.span(), Kind.IP)


def _is_ip(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def find_phones(text: str, *, country: str) -> Iterator[Span]:
    """Telephone numbers: international, national ones of the country, what is called one."""
    at = count = 0
    while match := _PHONE.search(text, at):
        at = match.end()
        if sum(map(str.isdigit, match[0])) < _FEWEST:
            continue
        count += 1
        before = text[max(0, match.start() - _NEAR) : match.start()]
        for start, end in _cuts(match):
            # Beyond so many the numbering plans would take too long: the shape alone decides.
            if _is_phone(text[start:end], before, country="" if count > _MOST else country):
                yield Span(start, end, Kind.PHONE)
                at = end
                break


def _cuts(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The candidate whole, then without its last groups: "06 12 34 56 78 - 2" ends early."""
    start, end = match.span()
    yield start, end
    groups = list(re.finditer(r"\d+", match[0]))
    for group in groups[-2::-1]:
        yield start, start + group.end()


def _is_phone(written: str, before: str, *, country: str) -> bool:
    digits = re.sub(r"\D", "", written)
    if not _FEWEST <= len(digits) <= 15 or _DATE.fullmatch(written):
        return False
    if written.lstrip("(").startswith("+"):
        return True
    if is_called("phone", before):
        return True
    if is_named(before) or is_called("other", before):
        return False
    if written.startswith("00") and not _is_valid(f"+{digits[2:]}", None):
        return False
    if country:
        return _is_national(written, digits, country)
    return _is_grouped(written, digits) or bool(_MOBILE.fullmatch(digits))


def _is_national(written: str, digits: str, country: str) -> bool:
    number = _is_valid(written, country)
    if number is None:
        # A numbering plan of a neighbour: buyers move, and write "0" or "8" as they are used to.
        is_told = written.lstrip("(").startswith("0") or _AMERICAN.fullmatch(written)
        return _is_grouped(written, digits) and bool(is_told)
    prefix = _prefix(country)
    if country in _BARE_MOBILES or not prefix:
        return not written.isdigit() or phonenumbers.number_type(number) in _MOBILES
    return written.lstrip("(").startswith(prefix) or country in _LOCAL


def _is_grouped(written: str, digits: str) -> bool:
    return len(digits) < 12 and bool(_GROUPED.fullmatch(written))


@cache
def _prefix(country: str) -> str:
    """What is dialled before a national number: without it a number of the country is none."""
    prefix = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True) or ""
    return prefix if prefix in {"0", "8"} else ""


def _is_valid(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
