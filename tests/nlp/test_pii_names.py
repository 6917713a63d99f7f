"""The order's names are no words: what buyers say is left, though it begins like a name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from tradewind.nlp.fold import fold
from tradewind.nlp.llm.masking import mask
from tradewind.nlp.pii import Kind, Known, find

_WORD = re.compile(r"[^\W\d_]{2,30}")
_NAMES = tomllib.loads((Path(__file__).parent / "data" / "names.toml").read_text("utf-8"))
NAMES = {fold(name).text: name for told in _NAMES.values() for name in told.split()}
LANGUAGES = ("en", "de", "es", "fr", "it", "pl", "tr", "fi", "ru", "uk", "ar", "he")

RATHER_HIDDEN = {"anna"}
"""Finnish for "give", and a name so common that it is better hidden once too often."""


def common(language: str) -> list[str]:
    """Words in small letters that buyers say again and again, if they begin like some name."""
    path = files("tradewind.nlp.corpus") / "train" / f"{language}.jsonl"
    counts = Counter(
        word
        for line in path.read_text("utf-8").splitlines()
        for word in _WORD.findall(orjson.loads(line)["text"])
        if word == word.lower()
    )
    beginnings = {name[:2] for name in NAMES}
    return [
        word
        for word, count in counts.items()
        if count >= 5
        and word not in RATHER_HIDDEN
        # Where there are no capitals, the name itself is counted with the words.
        and not (word == word.upper() and word in NAMES.values())
        and {fold(word).text[:2], fold(word).text[1:3]} & beginnings
    ]


def taken(text: str, names: list[str]) -> list[str]:
    known = Known(tuple(names))
    return [text[s.start : s.end] for s in find(text, known=known, kinds={Kind.NAME})]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_common_name_takes_a_common_word(language: str) -> None:
    words = common(language)
    assert len(words) > 50
    by_beginning: dict[str, list[str]] = {}
    for name, written in NAMES.items():
        by_beginning.setdefault(name[:2], []).append(written)
    wrong = []
    for word in words:
        folded = fold(word).text
        names = by_beginning.get(folded[:2], []) + by_beginning.get(folded[1:3], [])
        # In capitals at the beginning a name's own word may be the name.
        told = word if folded in NAMES else f"{word}. {word.capitalize()}"
        if found := taken(f"so {told}", names):
            wrong.append((word, found))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I want to change my order", "Amy Chan"),
        ("Billing is wrong, the bills too", "Bill Cole"),
        ("so annoyed, the annual plan costs money every month", "Anna Mona"),
        ("the list says another length and color of the package", "Lisa Lena Cole Pace"),
        ("Seit einem Monat warte ich, die Marke ist falsch", "Mona Mark"),
        ("I WANT TO CHANGE MY BILLS", "Bill Chan"),
        ("الطلب على حسابي", "علي"),
        ("sarà mia la colpa", "Sara"),
    ],
)
def test_words_that_begin_like_a_name_are_left(text: str, name: str) -> None:
    assert mask(text, known=Known(tuple(name.split()))).text == text


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        ("das Paket von Annas Mann", "Anna", "Annas"),
        ("paczka dla Kowalskiego nie doszła", "Jan Kowalski", "Kowalskiego"),
        ("paczka dla Marka nie doszła", "Marek Nowak", "Marka"),
        ("balík pro Novákovou nepřišel", "Jana Nováková", "Novákovou"),
        ("посылка для Ольги не пришла", "Ольга Попова", "Ольги"),
        ("посилка для Шевченка не прийшла", "Тарас Шевченко", "Шевченка"),
        ("kargo Mehmetin evine gelmedi", "Mehmet Kaya", "Mehmetin"),
        ("paketti on Virtasen osoitteessa", "Matti Virtanen", "Virtasen"),
        ("a csomag Annának jött volna", "Kovács Anna", "Annának"),
        ("siunta skirta Jonui neatvyko", "Jonas Petraitis", "Jonui"),
        ("το δέμα του Παπαδόπουλου δεν ήρθε", "Γιώργος Παπαδόπουλος", "Παπαδόπουλου"),
        ("sent to keller, not to me", "Anna Keller", "keller"),
    ],
)
def test_a_name_is_known_in_the_cases_of_its_language(text: str, name: str, form: str) -> None:
    assert taken(text, [name]) == [form]
