"""The first reader: cue phrases, counted and weighed; fast, explained, and there from day one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tradewind.nlp.contract import Evidence, Reading, Text
from tradewind.nlp.cuescore import Hit, Score, drop_negated, find_hits, score_labels
from tradewind.nlp.entities import as_entities, find_entities
from tradewind.nlp.fold import Folded, fold
from tradewind.nlp.labels import choose_complaint, choose_emotion, choose_intents, choose_urgency
from tradewind.nlp.language import identify_one
from tradewind.nlp.lexicon import Lexicon, load_lexicon

_LOUD = re.compile(r"[!?！？]{3,}|(?:\b[A-Z']{3,}\b[ ,!]+){3,}")
_MAYBE_LOUD = re.compile(r"[!?！？A-Z']{3}")
_SUBJECT_BREAK = " \n "
_MOST_SPANS = 3
_BATCH = 100
_LOUD_LIMIT = 5_000


@dataclass(slots=True)
class Sight:
    """One message with everything the cue files find in it (spans are of the folded text)."""

    item: Text
    language: str
    folded: Folded
    haystack: str
    hits: dict[str, list[Hit]]
    scores: dict[str, Score]


class FirstReader:
    """Reads by the cue files alone: no training, no memory of earlier messages."""

    version = "cues-2"

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or load_lexicon()

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order; the same whether read alone or in a batch."""
        return [self.judge(sight) for sight in self.look(texts)]

    def look(self, texts: Sequence[Text]) -> Iterator[Sight]:
        """What is found in each message, before anything is concluded from it."""
        for start in range(0, len(texts), _BATCH):
            yield from self._look(texts[start : start + _BATCH])

    def _look(self, texts: Sequence[Text]) -> list[Sight]:
        # Step by step over the batch, not message by message: each step's tables stay in cache.
        lexicon = self._lexicon
        folds = [fold(item.text) for item in texts]
        pairs = list(zip(texts, folds, strict=True))
        languages = [
            identify_one(item.text, subject=item.subject, site=item.site, folded=folded.text)
            for item, folded in pairs
        ]
        haystacks = [_haystack(item, folded) for item, folded in pairs]
        found = [
            find_hits(haystack, language, lexicon)
            for haystack, language in zip(haystacks, languages, strict=True)
        ]
        return [
            self._weigh(Sight(item, language, folded, haystack, hits, {}))
            for (item, folded), language, haystack, hits in zip(
                pairs, languages, haystacks, found, strict=True
            )
        ]

    def _weigh(self, sight: Sight) -> Sight:
        hits, text = sight.hits, sight.item.text
        drop_negated(hits, sight.haystack, sight.language, self._lexicon)
        if _MAYBE_LOUD.search(text, 0, _LOUD_LIMIT) and _LOUD.search(text, 0, _LOUD_LIMIT):
            hits["shouting"] = [Hit(-1, -1, 1.0)]
        sight.scores = score_labels(hits, self._lexicon)
        return sight

    def judge(self, sight: Sight) -> Reading:
        """The reading that the cues found speak for."""
        scores = sight.scores
        intent, confidence, also = choose_intents(scores)
        threats = [label for label in scores if label.startswith("threat:")]
        complaint = choose_complaint(scores, intent)
        emotion = choose_emotion(scores, complaint=complaint, intent=intent)
        urgency = choose_urgency(scores, intent=intent, has_threat=bool(threats))
        entities = find_entities(sight.item.text, site=sight.item.site)
        evidence: list[Evidence] = []
        if scores:
            moods = [f"complaint:{complaint}", f"emotion:{emotion}", *threats, f"urgency:{urgency}"]
            evidence = show(scores, [intent, *also, *moods], sight.folded)
        if entities:
            evidence += [Evidence(found.kind, found.start, found.end) for found in entities]
        return Reading(
            language=sight.language,
            intent=intent,
            confidence=confidence,
            also=also,
            complaint=complaint,
            emotion=emotion,
            threats=[label.removeprefix("threat:") for label in threats],
            urgency=urgency,
            entities=as_entities(entities),
            evidence=evidence,
            model=self.version,
        )


def _haystack(item: Text, folded: Folded) -> str:
    if not item.subject:
        return folded.text
    return folded.text + _SUBJECT_BREAK + fold(item.subject[:500]).text


def show(scores: dict[str, Score], labels: Sequence[str], folded: Folded) -> list[Evidence]:
    """The words behind each label, at most three places each, as spans of the given text."""
    found: list[Evidence] = []
    limit = len(folded.text)
    for label in labels:
        score = scores.get(label)
        if score:
            # Words of the subject stand beyond the text; shouting has no words of its own.
            spans = [span for span in score.spans if span[0] >= 0 and span[1] <= limit]
            found += [Evidence(label, *folded.span(*span)) for span in spans[:_MOST_SPANS]]
    return found


@cache
def default_reader() -> FirstReader:
    """The reader every door of the program uses, loaded once per process."""
    return FirstReader()
