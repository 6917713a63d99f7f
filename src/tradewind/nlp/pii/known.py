"""Names and addresses of the order, found again however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

from tradewind.nlp.contract import Known
from tradewind.nlp.fold import READ_LIMIT, fold
from tradewind.nlp.pii.cases import is_form
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.words import places, words

_WORD = re.compile(r"[^\W_]+")
_DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")
_OVERLAP = 400
_SHINGLE = 4
_NUMBER = re.compile(r",?\s(?:nr\.?\s)?\d{1,4}(?:[/-]\d{1,4})?\s?[a-zA-Z]?(?!\w)")
_GAP = re.compile(r"[\s.,;:/()\-–#'nNoOºª°№]{0,6}|\s(?:in|i|à|en|em|w|te|at)\s")
_HONORIFIC = re.compile(
    r"(?i)(?<!\w)(?:mr|mrs|ms|dr|herrn?|frau|m|mme|mlle|sr|sra|sig|sigra|dhr|mevr|pani?|mag|fam|familie|г-н|г-жа)\.?\s$"
)
_MORE = re.compile(r"[/-]\d{1,4}(?!\w)")
_SURNAME = re.compile(r" ([^\W\d_]{3,20})(?=\s?(?:[.,;:)\n]|$))")
_INITIAL = re.compile(r"(?<![^\W.])([^\W\d_])\.\s?$")
_JOIN = re.compile(r"[\s.,;\-–'’]{0,3}(?:[^\W\d_]\.\s?){0,2}")
_TURKISH = re.compile(r"\s(?:Bey|Han[ıi]m|bey|han[ıi]m)(?!\w)")
_NICK = re.compile(r"(?<![^\W_])([^\W\d_]{2,14})\.?\s$")
_NICK_BEHIND = re.compile(r"\s([^\W\d_]{3,14})(?=\s?(?:[.,;:)\n]|$))")
_HONOUR = re.compile(r"\s?(?:先生|女士|小姐|さん|様|さま|님|씨)")
# Old and new forms of a character in names: 渡邊 is 渡辺.
_ALIKE = str.maketrans("邊邉髙﨑斎齋齊澤濱廣國榮櫻德惠眞", "辺辺高崎斉斉斉沢浜広国栄桜徳恵真")
_SPELLINGS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))
Token = tuple[str, int, int]


def find_known(text: str, known: Known) -> Iterator[Span]:
    """Names and address parts of the order: any order, case, ending, accents, abbreviations."""
    if not (known.names or known.addresses):
        return
    for start in range(0, max(1, len(text)), READ_LIMIT - _OVERLAP):
        piece = text[start : start + READ_LIMIT]
        tokens = _tokens(piece)
        for span in (
            *_names(piece, tokens, known.names),
            *_addresses(piece, tokens, known.addresses),
            *_dense(piece, known),
        ):
            yield Span(start + span.start, start + span.end, span.kind)


def _tokens(text: str) -> list[Token]:
    folded = fold(text)
    return [(_spelling(m[0]), *folded.span(*m.span())) for m in _WORD.finditer(folded.text) if m[0]]


def _spelling(word: str) -> str:
    for written, plain in _SPELLINGS:
        word = word.replace(written, plain)
    return word


@lru_cache(maxsize=512)
def _words_of(written: str) -> tuple[str, ...]:
    return tuple(word for word, _, _ in _tokens(written) if not _DENSE.search(word))


@cache
def _titles() -> frozenset[str]:
    return frozenset(_spelling(fold(word).text) for word in words()["titles"])


@cache
def _plain() -> frozenset[str]:
    return frozenset(_spelling(fold(word).text) for word in words()["plain"])


def _names(text: str, tokens: list[Token], names: Iterable[str]) -> Iterator[Span]:
    for name in names:
        given = _words_of(name)
        parts = [word for word in given if word not in _titles()]
        parts += [a + b for a, b in pairwise(given) if a in _titles()]
        hits = [
            token
            for token in tokens
            if any(is_form(token[0], part) for part in parts)
            or (token[0] in _titles() and token[0] in given)
        ]
        for run in _runs(text, hits, _JOIN):
            own = [token for token in run if token[0] not in _titles()]
            if own and _is_name(text, own, {*parts, *name.lower().split()}):
                # "van den Berg" begins with what is no name by itself; nothing ends so.
                yield _name_span(text, run[: run.index(own[-1]) + 1], parts)


def _is_name(text: str, run: list[Token], written: set[str]) -> bool:
    """Whether words of the order's name, side by side, are meant as one."""
    exact = [token for token in run if token[0] in written]
    if len(run) > 1:
        return bool(exact) or all(_is_capital(text, token) or len(token[0]) > 3 for token in run)
    word, start, end = run[0]
    is_caseless = text[start].lower() == text[start].upper()
    if word in _plain() or (is_caseless and word[1:] in _plain()):
        return bool(exact) and text[start].isupper() and _is_inside(text, start)
    if is_caseless:
        return True
    if exact:
        # "sarà" is no Sara: who leaves capitals out leaves accents out too.
        return text[start].isupper() or (len(word) > 3 and text[start:end] in written)
    # May be a word too: "Bills", "Marine".
    return text[start].isupper() and _is_inside(text, start) and not text[start:end].isupper()


def _is_inside(text: str, start: int) -> bool:
    """Whether a word stands inside a sentence, where a capital says something."""
    before = text[max(0, start - 2) : start].rstrip(" \"'(")
    return bool(before) and before[-1] not in ".!?\n"


def _is_capital(text: str, token: Token) -> bool:
    first = text[token[1]]
    return first.isupper() or first.lower() == first.upper()


def _name_span(text: str, run: list[Token], parts: list[str]) -> Span:
    """The run with an initial before or behind it: "A. Keller", "Anna K."."""
    start, end = run[0][1], run[-1][2]
    initials = {part[0] for part in parts}
    if len(run) == 1:
        start, end = _with_pet_name(text, run[0], [p for p in parts if not is_form(run[0][0], p)])
    while before := _INITIAL.search(text[max(0, start - 6) : start]):
        if fold(before[1]).text not in initials:
            break
        start -= len(before[0])
    end = _name_end(text, run, end, initials)
    if title := _HONORIFIC.search(text[max(0, start - 8) : start]):
        start -= len(title[0])
    return Span(start, end, Kind.NAME)


def _name_end(text: str, run: list[Token], end: int, initials: set[str]) -> int:
    """Where the name ends with what belongs to it: "Anna K.", "Mustafa'nın", "Elif Hanım"."""
    behind = re.match(r"\s([^\W\d_])(?![\w])\.?", text[end : end + 4])
    if behind and fold(behind[1]).text in initials:
        return end + len(behind[0])
    if ending := re.match(r"['’]\w{1,5}(?!\w)", text[end : end + 7]):
        return end + len(ending[0])
    if honour := _TURKISH.match(text, end):
        return honour.end()
    # Who gives two names of the order and one more gives another surname.
    if len(run) > 1 and (more := _SURNAME.match(text, end)) and more[1][0].isupper():
        return more.end()
    return end


def _with_pet_name(text: str, token: Token, others: list[str]) -> tuple[int, int]:
    """A surname with the short form of a given name beside it: "Kasia Zielińska"."""
    _, start, end = token
    before = _NICK.search(text[max(0, start - 17) : start])
    if before and _is_short_for(before[1], others):
        return start - len(before[0]), end
    behind = _NICK_BEHIND.match(text, end, end + 20)
    if behind and _is_short_for(behind[1], others):
        return start, behind.end()
    return start, end


def _is_short_for(written: str, names: list[str]) -> bool:
    word = fold(written).text
    return any(
        name.startswith(word) or (written[0].isupper() and name[0] == word[0]) for name in names
    )


def _runs(text: str, hits: list[Token], gap: re.Pattern[str]) -> Iterator[list[Token]]:
    run: list[Token] = []
    for token in hits:
        is_again = gap is _JOIN and any(token[0] == other[0] for other in run)
        if run and (is_again or not gap.fullmatch(text, run[-1][2], token[1])):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _addresses(text: str, tokens: list[Token], addresses: Iterable[str]) -> Iterator[Span]:
    for address in addresses:
        parts = set(map(_street, _words_of(address)))
        strong = {part for part in parts if len(part) > 4 or (part.isdigit() and len(part) > 4)}
        meant = {token: part for token in tokens if (part := _part_of(text, token, parts))}
        for run in _runs(text, list(meant), _GAP):
            found = {meant[token] for token in run} & parts - _street_words()
            while run[-1][0] in _street_words() and run[-1][0] not in parts and len(run) > 1:
                run.pop()
            if len(found) > 2 or (
                len(found) == 2 and found & strong and any(map(_has_digit, found))
            ):
                more = _MORE.match(text, run[-1][2])
                yield Span(run[0][1], more.end() if more else run[-1][2], Kind.ADDRESS)
            elif found & strong and (number := _NUMBER.match(text, run[-1][2])):
                yield Span(run[0][1], number.end(), Kind.ADDRESS)


def _part_of(text: str, token: Token, parts: set[str]) -> str:
    """What of the address a word stands for: itself, shortened ("Pr.", "25b") or with an ending."""
    word, _, end = token
    street = _street(word)
    if street in parts or word in _street_words():
        return street if street in parts else word
    if (numbered := re.fullmatch(r"(\d{1,5})[a-z]", word)) and numbered[1] in parts:
        return numbered[1]
    if not word.isalpha():
        return ""
    if text[end : end + 1] == ".":
        shortened = (
            p for p in parts if p.startswith(street) or (len(p) > 3 and word.startswith(p))
        )
        return next(shortened, "")
    longer = (part for part in parts if len(part) > 4 and is_form(word, part))
    return next(longer, "") if len(word) > 4 else ""


def _street(word: str) -> str:
    """A street's word without its ending: Lindenstraße, Lindenstr and linden strasse are one."""
    for ending in ("strase", "strase", "strate", "str", "gatan", "vagen"):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            return word.removesuffix(ending)
    return word


@cache
def _street_words() -> frozenset[str]:
    """Street, St, rue, ul.: what is abbreviated one way in the order and another in the text."""
    tables = ("english", "french", "prefix", "turkish")
    return frozenset(fold(w).text.rstrip(".") for name in tables for w in places()[name])


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _dense(text: str, known: Known) -> Iterator[Span]:
    """What is written without blanks: names whole or by their parts, addresses by stretches."""
    alike = text.translate(_ALIKE)
    for name in known.names:
        if _DENSE.search(name):
            for form in _forms(name.translate(_ALIKE)):
                for match in re.finditer(rf"{re.escape(form)}(?:{_HONOUR.pattern})?", alike):
                    yield Span(*match.span(), Kind.NAME)
            yield from _honoured(text, name)
    for address in known.addresses:
        if _DENSE.search(address):
            yield from _stretches(text, address)


def _forms(name: str) -> list[str]:
    """The name as given, with and without the blank, and each part that is no single letter."""
    parts = name.split()
    whole = "".join(parts)
    forms = {name, whole, *(part for part in parts if len(part) > 1)}
    # A Korean or Chinese given name is the last two of three.
    if len(parts) == 1 and len(whole) == 3:
        forms.add(whole[1:])
    return sorted(forms, key=len, reverse=True)


def _honoured(text: str, name: str) -> Iterator[Span]:
    for match in re.finditer(re.escape(name[0]) + _HONOUR.pattern, text):
        yield Span(*match.span(), Kind.NAME)


def _stretches(text: str, address: str) -> Iterator[Span]:
    """Stretches of the address, blanks left out, of at least four letters with a number in them."""
    bare = "".join(address.split())
    pieces = {bare[at : at + _SHINGLE] for at in range(len(bare) - _SHINGLE + 1)}
    places = [at for at, char in enumerate(text) if not char.isspace()]
    dense = "".join(text[at] for at in places)
    start = end = -1
    for at in range(len(dense) - _SHINGLE + 1):
        if dense[at : at + _SHINGLE] not in pieces:
            continue
        if at > end:
            yield from _stretch(dense, places, start, end)
            start = at
        end = at + _SHINGLE
    yield from _stretch(dense, places, start, end)


def _stretch(dense: str, places: list[int], start: int, end: int) -> Iterator[Span]:
    if end - start >= _SHINGLE and _has_digit(dense[start:end]):
        yield Span(places[start], places[end - 1] + 1, Kind.ADDRESS)
