"""All recognisers in order, and one answer where they meet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from tradewind.nlp.contract import NOTHING, Known
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.introduced import find_introduced
from tradewind.nlp.pii.known import find_known
from tradewind.nlp.pii.numbers import find_cards, find_ibans
from tradewind.nlp.pii.papers import find_checked, find_papers
from tradewind.nlp.pii.places import find_places
from tradewind.nlp.pii.reach import find_emails, find_ips, find_phones


class _Digits(dict[int, int]):
    """Every digit, blank and full-width mark of any script as the plain one: offsets hold."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        if unicodedata.category(char) == "Zs":  # thin ones in French numbers, wide ones in Chinese
            self[code] = ord(" ")
            return ord(" ")
        digit = unicodedata.decimal(char, None)
        wide = unicodedata.normalize("NFKC", char) if 0xFF01 <= code <= 0xFF5E else char
        self[code] = found = ord(str(digit) if digit is not None else wide)
        return found


_DIGITS = _Digits(
    {ord("，"): ord("，"), ord("−"): ord("-"), ord("－"): ord("-"), ord("‑"): ord("-")}
)
_EVERYTHING = frozenset(Kind)
_HAS_DIGIT = re.compile(r"\d")
_FREE = re.compile(rb"\0+")
_BETWEEN = re.compile(r"[\s,;.·-]{0,3}")


def find(
    text: str, *, country: str = "", known: Known = NOTHING, kinds: Collection[Kind] = _EVERYTHING
) -> list[Span]:
    """The personal data in the text, by position, none overlapping; of ``kinds`` alone if given.

    ``country`` (ISO 3166, two letters) is where the buyer is: national telephone and tax numbers
    are told by it. Without it only what is international, labelled or of an unmistakable shape is
    found. Fewer kinds take less time, and miss nothing that all of them would find.
    """
    plain = text if text.isascii() else text.translate(_DIGITS)
    told = _candidates(plain, kinds, country=country.upper(), known=known)
    return _joined(plain, _settled(plain, (span for span in told if span.kind in kinds)))


def _candidates(
    text: str, kinds: Collection[Kind], *, country: str, known: Known
) -> Iterator[Span]:
    """What each recogniser says, the surer first: what is taken stays taken."""
    if Kind.EMAIL in kinds and ("@" in text or "(" in text or "[" in text):
        yield from find_emails(text)
    has_digit = bool(_HAS_DIGIT.search(text))
    if has_digit:
        yield from _by_form(text, kinds)
    found: list[Span] = []
    if Kind.ADDRESS in kinds or Kind.NAME in kinds:
        told = (*find_known(text, known), *find_introduced(text, known))
        found = sorted(told, key=lambda span: span.start - span.end)
    yield from (span for span in found if span.kind is Kind.ADDRESS)
    if has_digit and Kind.TAX_ID in kinds:
        yield from find_papers(text)
    yield from (span for span in found if span.kind is Kind.NAME)
    phones = list(find_phones(text, country=country)) if has_digit and Kind.PHONE in kinds else []
    # What begins with a plus is surely none of an address.
    yield from (span for span in phones if text[span.start] == "+")
    if has_digit and Kind.ADDRESS in kinds:
        yield from find_places(text)
    yield from phones
    if has_digit and Kind.TAX_ID in kinds:
        yield from find_checked(text, country=country)


def _by_form(text: str, kinds: Collection[Kind]) -> Iterator[Span]:
    makers = {Kind.IBAN: find_ibans, Kind.CARD: find_cards, Kind.IP: find_ips}
    for kind, make in makers.items():
        if kind in kinds:
            yield from make(text)


def _settled(text: str, candidates: Iterable[Span]) -> list[Span]:
    """Each candidate less what an earlier one holds; a byte a character keeps this linear."""
    held = bytearray(len(text))
    kept: list[Span] = []
    for span in candidates:
        pieces = _free(text, held, span) if span.kind is Kind.ADDRESS else [span]
        for piece in pieces:
            if not any(held[piece.start : piece.end]):
                held[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
                kept.append(piece)
    return sorted(kept)


def _free(text: str, held: bytearray, span: Span) -> list[Span]:
    """The pieces of an address that nothing holds yet: a postcode behind a street of the order."""
    bits = bytes(held[span.start : span.end])
    return [
        Span(span.start + run.start(), span.start + run.end(), span.kind)
        for run in _FREE.finditer(bits)
        if any(map(str.isalnum, text[span.start + run.start() : span.start + run.end()]))
    ]


def _joined(text: str, spans: list[Span]) -> list[Span]:
    """Parts of one address side by side are one."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last
            and last.kind is span.kind is Kind.ADDRESS
            and _BETWEEN.fullmatch(text, last.end, span.start)
        ):
            joined[-1] = Span(last.start, span.end, span.kind)
        else:
            joined.append(span)
    return joined
