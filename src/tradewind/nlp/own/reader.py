"""A seller's own model as the last stage of the cascade: it says the problem, the rest stays."""

from __future__ import annotations

import math

from tradewind.nlp.clean import new_part
from tradewind.nlp.contract import Evidence, Reading, Text
from tradewind.nlp.fold import Folded, whole_words
from tradewind.nlp.own.contract import OwnModel
from tradewind.nlp.reader import Sight

ALWAYS = math.inf
"""Somebody chose this model over the shipped one, so it is asked however sure that one is."""
_ALSO_SURE, _MOST_ALSO = 0.1, 3
_SUBJECT_LIMIT = 200


class OwnReader:
    """Goes on from an earlier reading: its problem anew, its mood, threats and numbers kept."""

    def __init__(self, model: OwnModel) -> None:
        self._model = model
        self.version = model.version

    def reread(self, sight: Sight, reading: Reading) -> Reading:
        """The earlier reading, made better in place."""
        text = asked(sight.item)
        if not any(map(str.isalnum, text)):
            return reading
        (ranked,) = self._model.rank([text])
        was = reading.intent
        reading.intent, reading.confidence = ranked[0].label, round(ranked[0].chance, 3)
        reading.also = [
            each.label for each in ranked[1 : 1 + _MOST_ALSO] if each.chance >= _ALSO_SURE
        ]
        if reading.intent != was:
            reading.evidence = self._evidence(sight, reading)
        reading.model = self.version
        return reading

    def _evidence(self, sight: Sight, reading: Reading) -> list[Evidence]:
        """The words behind the new problem; those behind another problem no longer count."""
        kept = [each for each in reading.evidence if "." not in each.label]
        text, lead, said = asked(sight.item), len(_lead(sight.item)), _said(sight.item)
        words = [
            Evidence(reading.intent, *said.span(start - lead, end - lead))
            for start, end in self._model.telling(text, reading.intent)
            if start >= lead
        ]
        return words + kept


def asked(item: Text) -> str:
    """What of a message the model is asked: its subject and what is new in it."""
    return _lead(item) + _said(item).text


def _said(item: Text) -> Folded:
    return whole_words(new_part(item.text))


def _lead(item: Text) -> str:
    subject = whole_words(item.subject[:_SUBJECT_LIMIT].strip()).text
    return f"{subject}\n" if subject else ""
