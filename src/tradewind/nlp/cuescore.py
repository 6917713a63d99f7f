"""From cue phrases found in a message to a score and the words behind it for every label."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tradewind.nlp.lexicon import ANY, Lexicon, Rule

NEAR = 70
"""Code points within which two words of a rule belong together."""
SHORTLY_BEFORE = 24
_NEGATION_REACH = 16
_CLAUSE_END = re.compile(
    r"[.;!?。！？\n]| but | aber | mais | pero | ma | mas "
    # "I do not know how to cancel" does want to cancel.
    r"|\b(?:know|how|see|find|sais|comment|weiss|wie|se|como|so|come|sei)\b"
)
_FOREIGN_LENGTH = 9
_KIN = {
    "no": "da", "da": "no", "sk": "cs", "ms": "id", "mk": "bg", "ca": "es", "gl": "pt", "be": "ru",
    "sr": "hr", "ur": "hi", "af": "nl", "sv": "da",
}  # fmt: skip
_MOST_MATCHES = 4_000

Span = tuple[int, int]


@dataclass(slots=True)
class Hit:
    """One place where a concept was found; ``factor`` is how far its language can be trusted."""

    start: int
    end: int
    factor: float


@dataclass(slots=True)
class Score:
    """What speaks for a label: the sum so far and the spans in the folded text."""

    total: float = 0.0
    best: float = 0.0
    spans: dict[Span, None] = field(default_factory=dict)

    def add(self, weight: float, spans: list[Span]) -> None:
        """The strongest rule counts in full, every further one for a third."""
        self.total += weight * 0.33 if weight <= self.best else weight - self.best * 0.67
        if weight > self.best:
            self.best = weight
            self.spans = {**dict.fromkeys(spans), **self.spans}
        else:
            self.spans.update(dict.fromkeys(spans))


def find_hits(folded: str, language: str, lexicon: Lexicon) -> dict[str, list[Hit]]:
    """Where each concept stands, in the message's language or in one trusted less."""
    base = language.partition("-")[0]
    kin = _KIN.get(base, base)
    hits: dict[str, list[Hit]] = {}
    senses = lexicon.senses
    found = lexicon.automaton.find_matches_as_indexes(folded, overlapping=True)
    for pattern, start, end in found[:_MOST_MATCHES]:
        for sense in senses[pattern]:
            owner = sense.language
            if owner in (base, ANY):
                factor = 1.0
            elif owner == kin:
                factor = 0.9
            elif end - start < _FOREIGN_LENGTH:
                continue
            else:
                factor = 0.7 if owner == "en" or base == "und" else 0.4
            if (
                sense.whole_start
                and start
                and folded[start - 1].isalnum()
                and folded[start].isalnum()
            ):
                continue
            if (
                sense.whole_end
                and end < len(folded)
                and folded[end].isalnum()
                and folded[end - 1].isalnum()
            ):
                continue
            hits.setdefault(sense.concept, []).append(Hit(start, end, factor))
    return hits


def drop_negated(hits: dict[str, list[Hit]], folded: str, language: str, lexicon: Lexicon) -> None:
    """Take out what a negation right before it turns into its opposite."""
    negations = hits.get("not")
    if not negations or language.partition("-")[0] in lexicon.unnegated_languages:
        return
    for concept in lexicon.negatable & hits.keys():
        kept = [hit for hit in hits[concept] if not _is_negated(hit, negations, folded)]
        if kept:
            hits[concept] = kept
        else:
            del hits[concept]


def _is_negated(hit: Hit, negations: list[Hit], folded: str) -> bool:
    return any(
        no.end <= hit.start <= no.end + _NEGATION_REACH
        and not _CLAUSE_END.search(folded, no.end, hit.start)
        for no in negations
    )


def score_labels(hits: dict[str, list[Hit]], lexicon: Lexicon) -> dict[str, Score]:
    """The score of every label for which at least one rule is met."""
    scores: dict[str, Score] = {}
    for concept in hits:
        for rule in lexicon.rules.get(concept, ()):
            met = _meet(rule, hits)
            if met:
                factor = min(hit.factor for hit in met)
                spans = [(hit.start, hit.end) for hit in met]
                scores.setdefault(rule.label, Score()).add(rule.weight * factor, spans)
    return scores


def _meet(rule: Rule, hits: dict[str, list[Hit]]) -> list[Hit] | None:
    first = hits[rule.concepts[0]]
    if len(rule.concepts) == 1:
        return [max(first, key=lambda hit: (hit.factor, hit.end - hit.start))]
    others = hits.get(rule.concepts[1])
    if not others:
        return None
    for a in first[:8]:
        for b in others[:8]:
            gap = b.start - a.end
            is_near = 0 <= gap <= SHORTLY_BEFORE if rule.is_ordered else -NEAR <= gap <= NEAR
            if is_near and not (a.start <= b.start and b.end <= a.end):
                return [a, b]
    return None
