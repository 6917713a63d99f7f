"""Which language a message is in, as a BCP 47 tag."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import pycld2

from tradewind.nlp.contract import Text
from tradewind.nlp.fold import fold, whole_words, without_invisible
from tradewind.nlp.scripts import (
    ONE_LANGUAGE,
    arabic_language,
    chinese_script,
    count_scripts,
    cyrillic_language,
    with_region,
)
from tradewind.nlp.tags import bare

UNKNOWN = "und"
_SAMPLE = 2_000
_ENOUGH_LETTERS = 20
_ODD = r"[\x00-\x1f<>&]+"
_CODE = r"(?:[#@]?(?<![A-Za-z_-])[A-Za-z_-]{0,20})?\d[A-Za-z0-9_-]*"
_NOISE = re.compile(rf"https?://\S+|{_CODE}|{_ODD}")
_NOISE_AND_MAIL = re.compile(rf"https?://\S+|\S{{1,64}}@\S{{1,64}}|{_CODE}|{_ODD}")
_MAYBE_NOISE = re.compile(r"[\d@<>&\x00-\x1f]|https?://")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_MOST_WORDS = 80
_RENAMED = {
    "iw": "he", "jw": "jv", "nb": "no", "nn": "no", "fil": "tl", "bs": "hr", "in": "id",
    "un": UNKNOWN, "xxx": UNKNOWN,
}  # fmt: skip
_SITE_LANGUAGES = {
    "us": "en", "uk": "en", "gb": "en", "au": "en", "ca": "en", "ie": "en", "de": "de", "at": "de",
    "ch": "de", "fr": "fr", "be": "nl", "es": "es", "mx": "es", "it": "it", "nl": "nl", "pl": "pl",
    "se": "sv", "dk": "da", "no": "no", "fi": "fi", "ru": "ru", "ua": "uk", "cz": "cs", "sk": "sk",
    "ro": "ro", "hu": "hu", "tr": "tr", "gr": "el", "il": "he", "ae": "ar", "sa": "ar", "eg": "ar",
    "jp": "ja", "kr": "ko", "cn": "zh", "tw": "zh", "hk": "zh", "th": "th", "vn": "vi", "id": "id",
    "in": "hi", "br": "pt", "pt": "pt", "ir": "fa", "bg": "bg", "my": "ms", "ph": "tl", "com": "en",
}  # fmt: skip
_COMMON = frozenset(
    [
        *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "cs", "sk"),
        *("ro", "hu", "tr", "vi", "id", "ms", "tl", "hr", "sl", "et", "lv", "lt", "ca"),
    ]
)
"""What a buyer's Latin-script message is likely to be in; others need strong proof."""
_CYRILLIC = frozenset(["ru", "uk", "bg", "mk", "sr", "be", "kk", "ky", "mn", "tg"])
_DEVANAGARI = frozenset(["hi", "mr", "ne", "sa"])


def identify(texts: Sequence[Text]) -> list[str]:
    """The BCP 47 tag of each text, in order; ``und`` where nothing tells."""
    return [identify_one(item.text, subject=item.subject, site=item.site) for item in texts]


def identify_one(text: str, *, subject: str = "", site: str = "", folded: str = "") -> str:
    """The BCP 47 tag of one text; ``site`` ("de", "amazon.com.br") decides only between equals.

    Who has folded the text already gives that too, to spare the work.
    """
    sample = _sample(text, subject, has_gaps=len(folded) != len(text))
    if sample != text:
        folded = ""
    scripts = count_scripts(sample)
    place = _place(site)
    if not scripts:
        return UNKNOWN
    script = _main_script(scripts)
    if script == "han":
        return chinese_script(sample, site=place)
    if script == "kana":
        return "ja"
    if script in ONE_LANGUAGE:
        return ONE_LANGUAGE[script]
    if script == "arabic":
        return arabic_language(sample)
    language = bare(_by_words(sample, folded or fold(sample).text, script=script, place=place))
    return with_region(language, sample, site=place) if language in {"pt", "es"} else language


def _sample(text: str, subject: str, *, has_gaps: bool) -> str:
    sample = text[:_SAMPLE]
    if len(sample) < 40 and subject:
        sample = f"{sample} {subject[:200]}"
    # Letters set apart are words of many languages; folding has made such a text shorter.
    return _without_noise(whole_words(sample).text if has_gaps else sample)


def _without_noise(sample: str) -> str:
    if not sample.isprintable():
        sample = without_invisible(sample)
    if _MAYBE_NOISE.search(sample) is None:
        return sample
    return (_NOISE_AND_MAIL if "@" in sample else _NOISE).sub(" ", sample)


def _main_script(scripts: dict[str, int]) -> str:
    kana = scripts.get("kana", 0)
    if kana and kana + scripts.get("han", 0) >= max(scripts.values()):
        return "kana"
    # Brand and product names are Latin in every language, so Latin must clearly outweigh.
    rest = {name: n for name, n in scripts.items() if name != "latin"}
    best = max(rest, key=rest.__getitem__, default="latin")
    return best if rest and scripts.get("latin", 0) <= 2 * rest[best] else "latin"


@lru_cache(maxsize=256)
def _place(site: str) -> str:
    return re.split(r"[._\-/]", site.strip().lower())[-1] if site else ""


def _by_words(sample: str, folded: str, *, script: str, place: str) -> str:
    own = cyrillic_language(sample) if script == "cyrillic" else None
    if own:
        return own
    votes = vote_by_words(folded)
    expected = _SITE_LANGUAGES.get(place, "")
    if expected in votes:
        votes[expected] += 0.4
    best = max(votes, key=votes.__getitem__, default=UNKNOWN)
    second, strength = sorted([0.0, 0.0, *votes.values()])[-2:]
    margin = 0.3 if len(sample) < 20 else 1.0
    # With such a lead no other guess could win: the identifier need not be asked.
    if strength >= 0.5 and strength > margin + second:
        return best
    reliable, guess, share = _cld2(sample)
    guess = guess if _fits(guess, script) else UNKNOWN
    if guess == best or (reliable and share >= 60 and votes.get(guess, 0.0) + margin >= strength):
        return guess if guess != UNKNOWN else _second_opinion(sample, expected, script)
    if strength >= 0.5:
        return best
    if reliable and guess in _COMMON and len(sample) >= 25:
        return guess
    return _second_opinion(sample, expected or best, script)


def vote_by_words(folded: str) -> dict[str, float]:
    """Everyday words of folded text counted per language; one shared by n gives each 1/n."""
    known = _word_languages()
    votes: dict[str, float] = {}
    for word in _words(folded)[:_MOST_WORDS]:
        found = known.get(word)
        if found:
            languages, vote = found
            for language in languages:
                votes[language] = votes.get(language, 0.0) + vote
    return votes


def _words(folded: str) -> list[str]:
    if folded.isascii() and "'" not in folded:
        return folded.translate(_NO_LETTERS).split()
    return _WORD.findall(folded)


def _fits(language: str, script: str) -> bool:
    if script == "cyrillic":
        return language in _CYRILLIC
    if script == "devanagari":
        return language in _DEVANAGARI
    return language not in _CYRILLIC and language not in _DEVANAGARI


def _cld2(sample: str) -> tuple[bool, str, int]:
    data = sample.encode("utf-8", "replace")
    try:
        reliable, _, details = pycld2.detect(data, isPlainText=True, bestEffort=True)
    except pycld2.error:  # a code point its tables do not know
        return False, UNKNOWN, 0
    code = details[0][1]
    return reliable, _RENAMED.get(code, code), details[0][2]


def _second_opinion(sample: str, expected: str, script: str) -> str:
    """What the slower identifiers say of a text that is too short or too odd for the first."""
    fallback = {"cyrillic": "ru", "devanagari": "hi"}.get(script, expected or UNKNOWN)
    if sum(map(str.isalpha, sample)) < 6:
        return fallback
    found = _cld3().FindLanguage(text=sample)
    romanised = str(found.language)
    if found.is_reliable and (romanised.endswith("-Latn") or romanised in _COMMON):
        return romanised
    if sum(map(str.isalpha, sample)) < _ENOUGH_LETTERS:
        return fallback
    language, certainty = _langid().classify(sample)
    language = _RENAMED.get(language, language)
    if certainty < 0.2 and expected:
        return fallback
    return language if _fits(language, script) else fallback


@cache
def _word_languages() -> dict[str, tuple[tuple[str, ...], float]]:
    listed = tomllib.loads((files("tradewind.nlp") / "words.toml").read_text("utf-8"))
    owners: dict[str, list[str]] = {}
    for language, words in listed.items():
        for word in set(_WORD.findall(fold(words).text)):
            owners.setdefault(word, []).append(language)
    return {word: (tuple(languages), 1 / len(languages)) for word, languages in owners.items()}


# Loaded by name on first use: most desks never meet a message that needs them, and langid's
# tables take 0.5 s and 75 MB.
@cache
def _cld3() -> Any:
    return importlib.import_module("gcld3").NNetLanguageIdentifier(0, 700)


@cache
def _langid() -> Any:
    module = importlib.import_module("py3langid.langid")
    found = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    found.set_languages(
        [*_COMMON, "ru", "uk", "bg", "mk", "sr", "be", "hi", "mr", "sw", "af", "is"]
    )
    return found
