"""The cue phrases of all languages as one automaton, and the rules that add them up."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, INTENTS, THREATS, URGENCIES
from tradewind.nlp.fold import fold

ANY = "any"
_OWN_PHRASE_WEIGHT = 3.0
_FOREIGN_LENGTH = 9
_FOREIGN = "a language of no cue file"
_KIN = {
    "nb": "da", "da": "nb", "sk": "cs", "ms": "id", "mk": "bg", "ca": "es", "gl": "pt", "be": "ru",
    "sr": "hr", "ur": "hi", "af": "nl", "sv": "da",
}  # fmt: skip
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
LABELS = frozenset(
    (
        *INTENTS,
        *(f"complaint:{value}" for value in COMPLAINTS),
        *(f"emotion:{value}" for value in EMOTIONS),
        *(f"threat:{value}" for value in THREATS),
        *(f"urgency:{value}" for value in URGENCIES),
    )
)


class CueError(ValueError):
    """A cue file says something the reader cannot use."""


@dataclass(frozen=True, slots=True)
class Sense:
    """What one phrase stands for in one language, and where a word must end around it."""

    language: str
    concept: str
    whole_start: bool
    whole_end: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """Concepts that must meet for a label to gain ``weight``."""

    label: str
    weight: float
    concepts: tuple[str, ...]
    is_ordered: bool


class Heard(NamedTuple):
    """What a phrase means in messages of one language; ``factor``: how far that is trusted."""

    concept: str
    factor: float
    whole_start: bool
    whole_end: bool


class HeardIn(dict[int, tuple[Heard, ...]]):
    """Phrases as one language hears them, each worked out when it is first met."""

    def __init__(self, phrases: list[str], senses: list[tuple[Sense, ...]], base: str) -> None:
        super().__init__()
        self._phrases, self._senses, self._base = phrases, senses, base

    def __missing__(self, number: int) -> tuple[Heard, ...]:
        heard = tuple(_hear(self._phrases[number], self._senses[number], self._base))
        self[number] = heard
        return heard


@dataclass(slots=True)
class Lexicon:
    """Everything the cue reader looks up."""

    automaton: AhoCorasick
    phrases: list[str]
    senses: list[tuple[Sense, ...]]
    rules: dict[str, list[Rule]]
    negatable: frozenset[str]
    unnegated_languages: frozenset[str]
    languages: frozenset[str] = field(default_factory=frozenset)
    _heard: dict[str, HeardIn] = field(default_factory=dict)

    def heard_in(self, base: str) -> HeardIn:
        """What each phrase, by its number, means in a message of the language."""
        if base not in self.languages:
            base = base if base in _KIN or base == "und" else _FOREIGN
        found = self._heard.get(base)
        if found is None:
            found = self._heard[base] = HeardIn(self.phrases, self.senses, base)
        return found


def _hear(phrase: str, senses: Iterable[Sense], base: str) -> Iterator[Heard]:
    for sense in senses:
        factor = _trust(sense.language, base, len(phrase))
        if factor:
            # Only beside a letter or digit can a letter or digit be in the middle of a word.
            is_start, is_end = phrase[0].isalnum(), phrase[-1].isalnum()
            yield Heard(
                sense.concept, factor, sense.whole_start and is_start, sense.whole_end and is_end
            )


def _trust(owner: str, base: str, length: int) -> float:
    if owner in (base, ANY):
        return 1.0
    if owner == _KIN.get(base):
        return 0.9
    if length < _FOREIGN_LENGTH:
        return 0.0
    return 0.7 if owner == "en" or base == "und" else 0.4


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of the shipped cue files; ``CueError`` names file and entry when one is wrong."""
    folder = files("tradewind.nlp") / "cues"
    sources = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }
    return build_lexicon(sources.pop("rules"), sources)


def build_lexicon(rules: dict[str, Any], languages: dict[str, dict[str, Any]]) -> Lexicon:
    """A lexicon of parsed TOML: the rules, and the words by language."""
    concepts = _rules_by_concept(rules["labels"])
    known = {name for found in concepts.values() for rule in found for name in rule.concepts}
    phrases: dict[str, dict[Sense, None]] = {}
    for language, source in languages.items():
        for phrase, sense in _senses(language, source, known | LABELS | {"not"}):
            phrases.setdefault(phrase, {})[sense] = None
    negation = rules["negation"]
    return Lexicon(
        automaton=AhoCorasick(
            list(phrases),
            matchkind=MatchKind.Standard,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        ),
        phrases=list(phrases),
        senses=[tuple(senses) for senses in phrases.values()],
        rules=concepts,
        negatable=frozenset(_listed(negation["concepts"])),
        unnegated_languages=frozenset(_listed(negation["not_in"])),
        languages=frozenset(languages) - {ANY},
    )


def _rules_by_concept(labels: dict[str, list[str]]) -> dict[str, list[Rule]]:
    """Each rule under its first concept; every label also has the rule of its own phrases."""
    found: dict[str, list[Rule]] = {}
    for label, lines in labels.items():
        if label not in LABELS:
            raise CueError(
                f"cues/rules.toml: [labels] has {label!r}, which is no label of a reading"
            )
        own = Rule(label, _OWN_PHRASE_WEIGHT, (label,), is_ordered=False)
        for rule in [own, *(_rule(label, line) for line in lines)]:
            found.setdefault(rule.concepts[0], []).append(rule)
    return found


def _rule(label: str, line: str) -> Rule:
    weight, _, terms = line.partition(":")
    if not terms.strip() or not weight.strip().replace(".", "", 1).isdigit():
        raise CueError(f'cues/rules.toml: {label}: got {line!r}, wanted "weight: word + word"')
    separator = "~" if "~" in terms else "+"
    names = tuple(term.strip() for term in terms.split(separator))
    return Rule(label, float(weight), names, is_ordered=separator == "~")


def _senses(language: str, source: dict[str, Any], known: set[str]) -> Iterator[tuple[str, Sense]]:
    boundary = source.get("boundary", "words")
    for concept, listed in source["words"].items():
        if concept not in known:
            raise CueError(
                f"cues/{language}.toml: {concept!r} stands in no rule; wanted a word of rules.toml"
            )
        for phrase in _listed(listed):
            bare = phrase.rstrip("*")
            sense = Sense(
                language,
                concept,
                whole_start=boundary in {"words", "start"},
                whole_end=boundary == "words" and bare == phrase,
            )
            for variant in _spellings(bare, language):
                yield variant, sense


def _spellings(phrase: str, language: str) -> set[str]:
    """The folded phrase as buyers type it: apostrophes left out, umlauts written in two letters."""
    spelled = {phrase}
    if language == "de":
        spelled.add(phrase.translate(_TWO_LETTERS))
    if language == "fa":
        spelled.add(phrase.replace("\u200c", " "))
    folded = {fold(spelling).text.strip() for spelling in spelled}
    for mark in ("'", "-"):
        folded |= {each.replace(mark, new) for each in folded if mark in each for new in ("", " ")}
    return {each.strip() for each in folded if each.strip()}


def _listed(line: str) -> list[str]:
    return [phrase for part in line.split(",") if (phrase := part.strip())]
