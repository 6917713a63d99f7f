"""The deep reader: what the encoder says of a message, with the words that made it say so."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from tradewind.nlp.clean import new_part
from tradewind.nlp.contract import Evidence, Reading
from tradewind.nlp.encoder.evidence import centred, telling_spans
from tradewind.nlp.encoder.network import Card, Floats, Network, Scores
from tradewind.nlp.fold import whole_words
from tradewind.nlp.language import UNKNOWN
from tradewind.nlp.linear import SLICES, UNTOLD, LinearReader
from tradewind.nlp.reader import Sight
from tradewind.nlp.tags import bare

_ALSO_SURE = 0.01
"""Whoever looks among the first three should find it there: of hard ones 92.4 %, 91.1 at 0.04."""
_LANGUAGE_SURE = 0.5
_DANGER = 0.2
"""A fire that nobody looks at costs more than a look in vain: so little chance is enough."""
_MOST_ALSO = 3
_SUBJECT_LIMIT = 200
_ENTITY_KINDS = frozenset({"order_id", "tracking_id", "sku", "amount", "email", "phone"})


class EncoderReader:
    """Goes on from the first reader's look: keeps its language and numbers, judges anew."""

    def __init__(self, network: Network, beside: LinearReader | None = None) -> None:
        """``beside``: the reader before, whose scores count a little too. It errs elsewhere."""
        self._network, self._beside = network, beside
        self._slices = slices(network.card)
        self.version = network.card.version

    def reread(self, sight: Sight, reading: Reading) -> Reading:
        """The first reader's reading, made better in place."""
        subject = whole_words(sight.item.subject[:_SUBJECT_LIMIT].strip()).text
        lead = f"{subject}\n" if subject else ""
        said = whole_words(new_part(sight.item.text))
        text = lead + said.text
        if not any(map(str.isalnum, text)):
            reading.model = self.version
            return reading
        scores = self._network.score(text)
        self._judge(self._mixed(scores.labels, sight), reading)
        self._name_language(scores, reading)
        entities = [each for each in reading.evidence if each.label in _ENTITY_KINDS]
        told = self._evidence(scores, reading, text, len(lead))
        reading.evidence = [Evidence(e.label, *said.span(e.start, e.end)) for e in told] + entities
        reading.model = self.version
        return reading

    def _mixed(self, labels: Floats, sight: Sight) -> Floats:
        """The encoder's scores and the linear reader's: right more often than either alone."""
        if self._beside is None or not self._network.card.beside:
            return labels
        mixed, others = labels.copy(), self._beside.scores(sight)
        for name, weight in self._network.card.beside.items():
            mixed[self._slices[name]] += weight * others[SLICES[name]]
        return mixed

    def _judge(self, labels: Floats, reading: Reading) -> None:
        card = self._network.card
        chances = softmax(self._field(labels, "intent") / card.temperatures["intent"])
        ranked = np.argsort(-chances, kind="stable").tolist()
        intents = card.fields["intent"]
        reading.intent = intents[ranked[0]]
        reading.confidence = round(float(chances[ranked[0]]), 3)
        reading.also = [intents[n] for n in ranked[1 : 1 + _MOST_ALSO] if chances[n] >= _ALSO_SURE]
        for name in ("complaint", "emotion", "urgency"):
            best = int(np.argmax(self._field(labels, name) + card.offsets.get(name, 0)))
            setattr(reading, name, card.fields[name][best])
        dangers = softmax(self._field(labels, "urgency") / card.temperatures["urgency"])
        if dangers[card.fields["urgency"].index("critical")] >= _DANGER:
            reading.urgency = "critical"
        threats = self._field(labels, "threats")
        believed = (threats >= card.threat_bar).tolist()
        reading.threats = [
            each
            for each, is_there in zip(card.fields["threats"], believed, strict=True)
            if is_there
        ]
        if reading.threats and reading.urgency in {"low", "normal"}:
            reading.urgency = "high"

    def _name_language(self, scores: Scores, reading: Reading) -> None:
        """The encoder knows close and romanised languages better; regions it does not know."""
        chances = softmax(scores.languages)
        best = int(np.argmax(chances))
        named = self._network.card.languages[best]
        is_sure = chances[best] >= _LANGUAGE_SURE and reading.language != UNKNOWN
        if is_sure and bare(reading.language) != named:
            reading.language = named

    def _evidence(self, scores: Scores, reading: Reading, text: str, lead: int) -> list[Evidence]:
        chosen = [
            ("intent", reading.intent, reading.intent),
            ("complaint", reading.complaint, f"complaint:{reading.complaint}"),
            ("emotion", reading.emotion, f"emotion:{reading.emotion}"),
            *(("threats", threat, f"threat:{threat}") for threat in reading.threats),
            ("urgency", reading.urgency, f"urgency:{reading.urgency}"),
        ]
        found: list[Evidence] = []
        for field, value, label in chosen:
            if label in UNTOLD:
                continue
            part = self._slices[field]
            shares = scores.shares[:, part]
            if field != "threats":
                shares = centred(shares)
            column = shares[:, self._network.card.fields[field].index(value)]
            found += [
                Evidence(label, start - lead, end - lead)
                for start, end in telling_spans(text, scores.spans, column)
                if start >= lead
            ]
        return found

    def _field(self, labels: Floats, name: str) -> Floats:
        return labels[self._slices[name]]


def slices(card: Card) -> dict[str, slice]:
    """Where each field's labels stand among the scores."""
    found: dict[str, slice] = {}
    start = 0
    for name, labels in card.fields.items():
        found[name] = slice(start, start + len(labels))
        start += len(labels)
    return found


def softmax(logits: Floats) -> Floats:
    """Chances that sum to one."""
    grown = np.exp(logits - logits.max())
    result: Floats = grown / grown.sum()
    return result


@cache
def shipped_network() -> Network | None:
    """The encoder that ships with the program; None where its folder was left out."""
    folder = Path(str(files("tradewind.nlp") / "models" / "encoder"))
    return Network(folder) if (folder / "card.json").exists() else None
