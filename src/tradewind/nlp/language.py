"""Which language a message is in, as a BCP 47 tag."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pycld2

from tradewind.nlp.contract import Text
from tradewind.nlp.fold import fold, without_invisible
from tradewind.nlp.scripts import (
    ONE_LANGUAGE,
    arabic_language,
    chinese_script,
    count_scripts,
    cyrillic_language,
    with_region,
)

UNKNOWN = "und"
_SAMPLE = 2_000
_ENOUGH_LETTERS = 20
_NOISE = re.compile(
    r"https?://\S+|\S{1,64}@\S{1,64}|[#@]?[A-Za-z_-]{0,20}\d[A-Za-z0-9_-]*|[\x00-\x1f<>&]+"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
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
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "sv",
        "da",
        "no",
        "fi",
        "cs",
        "sk",
        "ro",
        "hu",
        "tr",
        "vi",
        "id",
        "ms",
        "tl",
        "hr",
        "sl",
        "et",
        "lv",
        "lt",
        "ca",
    ]
)
"""What a buyer's Latin-script message is likely to be in; others need strong proof."""


def identify(texts: Sequence[Text]) -> list[str]:
    """The BCP 47 tag of each text, in order; ``und`` where nothing tells."""
    return [identify_one(item.text, subject=item.subject, site=item.site) for item in texts]


def identify_one(text: str, *, subject: str = "", site: str = "") -> str:
    """The BCP 47 tag of one text; ``site`` ("de", "amazon.com.br") decides only between equals."""
    sample = text[:_SAMPLE]
    if len(sample) < 40 and subject:
        sample = f"{sample} {subject[:200]}"
    sample = _NOISE.sub(" ", without_invisible(sample))
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
    return with_region(_by_words(sample, script=script, place=place), sample, site=place)


def _main_script(scripts: Counter[str]) -> str:
    if scripts["kana"] and scripts["kana"] + scripts["han"] >= max(scripts.values()):
        return "kana"
    # Brand and product names are Latin in every language, so Latin must clearly outweigh.
    rest = {name: n for name, n in scripts.items() if name != "latin"}
    best = max(rest, key=rest.__getitem__, default="latin")
    return best if rest and scripts["latin"] <= 2 * rest[best] else "latin"


def _place(site: str) -> str:
    return re.split(r"[._\-/]", site.strip().lower())[-1] if site else ""


def _by_words(sample: str, *, script: str, place: str) -> str:
    votes = vote_by_words(sample)
    reliable, guess, share = _cld2(sample)
    own = cyrillic_language(sample) if script == "cyrillic" else None
    if own:
        return own
    guess = guess if _fits(guess, script) else UNKNOWN
    expected = _SITE_LANGUAGES.get(place, "")
    if expected in votes:
        votes[expected] += 0.4
    best, strength = _best_vote(votes)
    margin = 0.3 if len(sample) < 20 else 1.0
    if guess == best or (reliable and share >= 60 and votes.get(guess, 0.0) + margin >= strength):
        return guess if guess != UNKNOWN else _second_opinion(sample, expected, script)
    if strength >= 0.5:
        return best
    if reliable and guess in _COMMON and len(sample) >= 25:
        return guess
    return _second_opinion(sample, expected or best, script)


def vote_by_words(sample: str) -> dict[str, float]:
    """Everyday words counted per language; a word shared by n languages gives each 1/n."""
    known = _word_languages()
    votes: dict[str, float] = defaultdict(float)
    for word in _WORD.findall(fold(sample).text)[:80]:
        for language in (owners := known.get(word, ())):
            votes[language] += 1 / len(owners)
    return votes


def _best_vote(votes: dict[str, float]) -> tuple[str, float]:
    return max(votes.items(), key=lambda vote: vote[1], default=(UNKNOWN, 0.0))


def _fits(language: str, script: str) -> bool:
    cyrillic = language in {"ru", "uk", "bg", "mk", "sr", "be", "kk", "ky", "mn", "tg"}
    devanagari = language in {"hi", "mr", "ne", "sa"}
    return {"cyrillic": cyrillic, "devanagari": devanagari}.get(
        script, not (cyrillic or devanagari)
    )


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
def _word_languages() -> dict[str, tuple[str, ...]]:
    listed = tomllib.loads((files("tradewind.nlp") / "words.toml").read_text("utf-8"))
    owners: dict[str, list[str]] = {}
    for language, words in listed.items():
        for word in set(_WORD.findall(fold(words).text)):
            owners.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in owners.items()}


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
