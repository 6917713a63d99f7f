"""From cue phrases found in a message to a score and the words behind it for every label."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tradewind.nlp.lexicon import Lexicon, Rule

NEAR = 70
"""Code points within which two words of a rule belong together."""
SHORTLY_BEFORE = 24
_NEGATION_REACH = 16
_CLAUSE_END = re.compile(
    r"[.;!?。！？\n]| but | aber | mais | pero | ma | mas "
    # "I do not know how to cancel" does want to cancel.
    r"|\b(?:know|how|see|find|sais|comment|weiss|wie|se|como|so|come|sei)\b"
)
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
        if weight > self.best:
            self.total += weight - self.best * 0.67
            self.best = weight
            self.spans = {**dict.fromkeys(spans), **self.spans}
        else:
            self.total += weight * 0.33
            self.spans.update(dict.fromkeys(spans))


def find_hits(folded: str, language: str, lexicon: Lexicon) -> dict[str, list[Hit]]:
    """Where each concept stands, in the message's language or in one trusted less."""
    heard = lexicon.heard_in(language.partition("-")[0])
    hits: dict[str, list[Hit]] = {}
    length = len(folded)
    found = lexicon.automaton.find_matches_as_indexes(folded, overlapping=True)
    for pattern, start, end in found[:_MOST_MATCHES]:
        for concept, factor, whole_start, whole_end in heard[pattern]:
            if whole_start and start and folded[start - 1].isalnum():
                continue
            if whole_end and end < length and folded[end].isalnum():
                continue
            places = hits.get(concept)
            if places is None:
                hits[concept] = [Hit(start, end, factor)]
            else:
                places.append(Hit(start, end, factor))
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
    for concept, places in hits.items():
        rules = lexicon.rules.get(concept)
        if not rules:
            continue
        best = places[0] if len(places) == 1 else max(places, key=_trusted_length)
        for rule in rules:
            met = [best] if len(rule.concepts) == 1 else _meet(rule, places, hits)
            if met:
                factor = min(hit.factor for hit in met) if len(met) > 1 else best.factor
                score = scores.get(rule.label)
                if score is None:
                    score = scores[rule.label] = Score()
                score.add(rule.weight * factor, [(hit.start, hit.end) for hit in met])
    return scores


def _trusted_length(hit: Hit) -> tuple[float, int]:
    return hit.factor, hit.end - hit.start


def _meet(rule: Rule, first: list[Hit], hits: dict[str, list[Hit]]) -> list[Hit] | None:
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
