"""Tax, identity, passport and social security numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from tradewind.nlp.numbers import is_named
from tradewind.nlp.pii.contract import Kind, Span
from tradewind.nlp.pii.words import LETTER, is_called

# Country → modules of python-stdnum whose numbers are known by their check digits alone.
_CHECKED = {
    "BE": ("be.nn", "be.vat"), "BR": ("br.cpf", "br.cnpj"), "CH": ("ch.ssn", "ch.uid"),
    "CL": ("cl.rut",), "CN": ("cn.ric", "cn.uscc"), "DE": ("de.idnr",), "ES": ("es.nif", "es.cif"),
    "FI": ("fi.hetu",), "FR": ("fr.nir", "fr.siret"), "IT": ("it.codicefiscale",),
    "KR": ("kr.rrn",),
    "NL": ("nl.bsn",), "PL": ("pl.pesel", "pl.nip"), "PT": ("pt.nif",),
    "SE": ("se.personnummer", "se.orgnr"), "TR": ("tr.tckimlik",), "ZA": ("za.idnr",),
}  # fmt: skip
# Shapes that nothing else has; the check digit is asked for where there is one.
_SHAPES: tuple[tuple[str, str], ...] = (
    (r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
    (r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", "br.cnpj"),
    (r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]", "it.codicefiscale"),
    (r"(?:\d{8}|[XYZxyz]-?\d{7})-?[A-Za-z]", "es.nif"),
    (r"\d{17}[\dXx]", "cn.ric"),
    (r"\d{6}-[1-8]\d{6}", ""),
    (r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    (r"(?:19|20)?\d{6}[-+]\d{4}", "se.personnummer"),
    (r"\d{3}-\d{3}-\d{3} \d{2}", ""),
    (r"756\.\d{4}\.\d{4}\.\d{2}", "ch.ssn"),
    (r"P\d{12}", ""),
    (r"[12] \d{2} (?:0[1-9]|1[0-2]) \d{2} \d{3} \d{3} \d{2}", ""),
    (r"\d{1,2}\.\d{3}\.\d{3}-[\dKk]", "cl.rut"),
    (r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]", ""),
    (r"[A-Z&Ñ]{4}\d{6}[A-Z0-9]{3}", ""),
    (r"(?:AT|BE|DE|DK|ES|FI|FR|IE|IT|LU|NL|PL|PT|SE|CZ|HU|RO|EL)[A-Z0-9]{8,12}", "eu.vat"),
)
_SHAPE = [(re.compile(shape), module) for shape, module in _SHAPES]
_TOKEN = re.compile(
    rf"(?<!{LETTER})(?<![#@+-])(?<!\d[.,/])(?:[A-Z]{{2}}\s)?[A-Za-z]{{0,6}}\d[A-Za-z0-9]{{0,20}}+"
    rf"(?:[ ./+-]{{1,2}}[A-Za-z]{{0,2}}\d[A-Za-z0-9]{{0,18}}+){{0,7}}"
    rf"(?:[ -][A-Za-z](?![A-Za-z]))?(?!{LETTER}|@)"
)
_HONG_KONG = re.compile(rf"(?<!{LETTER})[A-Z]{{1,2}}\d{{6}}\([0-9A]\)")
_NEAR = 44


def find_papers(text: str) -> Iterator[Span]:
    """Numbers with a shape of their own, and what is called a number of papers."""
    yield from _with_brackets(text)
    yield from _papers(text, _has_shape)


def find_checked(text: str, *, country: str) -> Iterator[Span]:
    """Numbers that nothing but the check digits of the country tells."""
    checks = [_check(module) for module in _CHECKED.get(country, ())]
    if checks:
        yield from _papers(text, lambda part: any(check(part) for check in checks))


def _with_brackets(text: str) -> Iterator[Span]:
    """Identity numbers of Hong Kong: A123456(3)."""
    for match in _HONG_KONG.finditer(text):
        yield Span(*match.span(), Kind.TAX_ID)


def _papers(text: str, is_paper: Callable[[str], bool]) -> Iterator[Span]:
    for match in _TOKEN.finditer(text):
        written = match[0]
        if sum(map(str.isdigit, written)) < 4:
            continue
        before = text[max(0, match.start() - _NEAR) : match.start()]
        if end := _end(written, before, is_paper):
            yield Span(match.start(), match.start() + end, Kind.TAX_ID)


def _end(written: str, before: str, is_paper: Callable[[str], bool]) -> int:
    """How much of the token is a number of somebody's papers; 0 for nothing."""
    if is_called("paper", before):
        return len(written)
    if is_named(before) or is_called("other", before):
        return 0
    first = written.split(" ")[0]
    for part in dict.fromkeys((written, first)):
        if is_paper(part):
            return len(part)
    return 0


def _has_shape(written: str) -> bool:
    return any(
        shape.fullmatch(written) and (not module or _check(module)(written))
        for shape, module in _SHAPE
    )


@cache
def _check(module: str) -> Callable[[str], bool]:
    is_valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return is_valid
