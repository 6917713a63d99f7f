"""The last reader: what the one before it was unsure of goes to a language model, masked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from tradewind.nlp.clean import new_part
from tradewind.nlp.contract import THREATS, URGENCIES, Evidence, Reader, Reading, Text
from tradewind.nlp.llm.checking import answers_in, opinion_of
from tradewind.nlp.llm.contract import (
    Answer,
    Breaker,
    Budget,
    Cache,
    Chat,
    ChatFailed,
    Opinion,
    Question,
)
from tradewind.nlp.llm.masking import Masked, mask_start
from tradewind.nlp.llm.prompt import VERSION, ask_about, rules_for

UNSURE_BELOW = 0.5
MOST_AT_ONCE = 8
_MOST_LETTERS = 6_000  # a call must fit a small model's window
_LONGEST_TEXT, _LONGEST_SUBJECT = 1_500, 200
_BYTES_A_TOKEN = 3
_LONGEST_VERSION = 60


@dataclass(slots=True)
class Tally:
    """What became of the messages; ``why`` names what went wrong, without repeats.

    ``refused`` answered with something that was not asked for, ``failed`` got no answer at all,
    ``unasked`` met a budget that was spent or a model that is cut off.
    """

    known: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    unasked: int = 0
    why: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The counts by name."""
        return asdict(self)


class _Sent(NamedTuple):
    """A message as it leaves, and the key its opinion is kept under."""

    place: int
    subject: str
    text: str
    masked: Masked
    key: str


class LanguageModelReader:
    """Reads with ``before``, and asks a model where that is less sure than ``below``.

    ``intents`` are the codes a model may choose from, with their meaning. ``put_off`` are the
    places of those texts last read that met a model cut off: they may be asked about later.
    """

    def __init__(
        self,
        before: Reader,
        chat: Chat,
        intents: Mapping[str, str],
        *,
        cache: Cache,
        budget: Budget,
        breaker: Breaker,
        below: float = UNSURE_BELOW,
    ) -> None:
        self._before, self._chat, self._below = before, chat, below
        self._cache, self._budget, self._breaker = cache, budget, breaker
        self._intents, self._rules = tuple(intents), rules_for(intents)
        self.version = f"llm-{VERSION}:{chat.model}"[:_LONGEST_VERSION]
        self.tally = Tally()
        self.put_off: frozenset[int] = frozenset()

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order: the model's where it could be had and checked."""
        readings = self._before.read(texts)
        unsure = [
            self._sent(place, texts[place])
            for place, reading in enumerate(readings)
            if reading.confidence < self._below and any(map(str.isalnum, texts[place].text))
        ]
        opinions, put_off = self._opinions(unsure)
        self.put_off = frozenset(sent.place for sent in unsure if sent.key in put_off)
        for sent in unsure:
            if (opinion := opinions.get(sent.key)) is not None:
                readings[sent.place] = self._better(readings[sent.place], opinion, sent.masked)
        return readings

    def _sent(self, place: int, item: Text) -> _Sent:
        site, known = item.site, item.known
        masked = mask_start(new_part(item.text), _LONGEST_TEXT, site=site, known=known)
        subject = mask_start(item.subject, _LONGEST_SUBJECT, site=site, known=known).text.strip()
        text = masked.text
        asked = "\x00".join([self.version, self._chat.model, self._rules, subject, text])
        key = hashlib.sha256(asked.encode()).hexdigest()
        return _Sent(place, subject, text, masked, key)

    def _opinions(self, unsure: Sequence[_Sent]) -> tuple[Mapping[str, Opinion], set[str]]:
        """What is known or can be asked, by key, and the keys put off; each text is asked once."""
        by_key = {sent.key: sent for sent in unsure}
        known = dict(self._cache.find(list(by_key))) if by_key else {}
        self.tally.known += len(known)
        put_off = set[str]()
        for batch in _batches([sent for key, sent in by_key.items() if key not in known]):
            if self._breaker.is_off():
                self.tally.unasked += len(batch)
                put_off |= {sent.key for sent in batch}
                continue
            fresh = self._ask(batch)
            self._cache.keep(fresh)
            known |= fresh
        return known, put_off

    def _ask(self, batch: Sequence[_Sent]) -> dict[str, Opinion]:
        """The opinions on a batch that stand every check."""
        by_id = {str(n): sent for n, sent in enumerate(batch, 1)}
        messages = {id_: (sent.subject, sent.text) for id_, sent in by_id.items()}
        question = ask_about(messages, rules=self._rules, intents=self._intents)
        about = _size(question.rules, question.messages) + question.max_tokens
        if not self._budget.take(about):
            self.tally.unasked += len(batch)
            return {}
        try:
            answer = self._chat.ask(question)
            self._budget.settle(taken=about, used=_cost(question, answer))
            given = answers_in(answer.text)
        except ChatFailed as failure:
            # Labels that were not asked for may be a buyer's doing, and cut nobody off.
            self._breaker.note(worked=False)
            self.tally.failed += len(batch)
            self.tally.why = tuple(dict.fromkeys([*self.tally.why, str(failure)]))
            return {}
        self._breaker.note(worked=True)
        checked = {
            sent.key: opinion_of(given.get(id_), text=sent.text, intents=self._intents)
            for id_, sent in by_id.items()
        }
        opinions = {key: opinion for key, opinion in checked.items() if opinion is not None}
        self.tally.answered += len(opinions)
        self.tally.refused += len(batch) - len(opinions)
        return opinions

    def _better(self, reading: Reading, opinion: Opinion, masked: Masked) -> Reading:
        """The reading with the model's word, where that is surer; the numbers found stay.

        A message can talk a model out of an alarm, so a model adds threats and raises urgency, and
        takes neither away.
        """
        if opinion.confidence <= reading.confidence:
            return reading
        spans = [(label, masked.span(start, end)) for label, start, end in opinion.evidence]
        shown = [Evidence(label, *span) for label, span in spans if span]
        stale = {reading.intent, *reading.also, f"emotion:{reading.emotion}"}
        stale |= {f"complaint:{reading.complaint}"}
        threats = {*reading.threats, *opinion.threats}
        return replace(
            reading,
            intent=opinion.intent,
            confidence=opinion.confidence,
            also=list(opinion.also),
            complaint=opinion.complaint,
            emotion=opinion.emotion,
            threats=[threat for threat in THREATS if threat in threats],
            urgency=max(reading.urgency, opinion.urgency, key=URGENCIES.index),
            evidence=[*shown, *(each for each in reading.evidence if each.label not in stale)],
            model=self.version,
        )


def _batches(unsure: Sequence[_Sent]) -> Iterator[list[_Sent]]:
    batch: list[_Sent] = []
    letters = 0
    for sent in unsure:
        size = len(sent.subject) + len(sent.text)
        if batch and (len(batch) == MOST_AT_ONCE or letters + size > _MOST_LETTERS):
            yield batch
            batch, letters = [], 0
        batch.append(sent)
        letters += size
    if batch:
        yield batch


def _cost(question: Question, answer: Answer) -> int:
    return answer.tokens or _size(question.rules, question.messages, answer.text)


def _size(*texts: str) -> int:
    """About how many tokens the texts are, rather too many than too few."""
    return sum(len(text.encode(errors="replace")) for text in texts) // _BYTES_A_TOKEN + 1
