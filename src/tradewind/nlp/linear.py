"""The second reader: a small linear model over n-grams and cues, for what cues leave open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.contract import (
    COMPLAINTS,
    EMOTIONS,
    INTENTS,
    THREATS,
    URGENCIES,
    Evidence,
    Reading,
    Text,
)
from tradewind.nlp.features import SIZES, Indexes, as_bytes, bag, cue_vector, hash_ngrams
from tradewind.nlp.reader import FirstReader, Sight, default_reader, show

Floats = NDArray[np.float32]
FIELDS: dict[str, tuple[str, ...]] = {
    "intent": INTENTS,
    "complaint": COMPLAINTS,
    "emotion": EMOTIONS,
    "urgency": URGENCIES,
    "threats": THREATS,
}
SLICES: dict[str, slice] = {}
_next = 0
for _name, _values in FIELDS.items():
    SLICES[_name] = slice(_next, _next + len(_values))
    _next += len(_values)
WIDTH = _next
_THREAT_SURE = 0.8
_TEMPERATURE = 1.5  # so that a confidence of 0.8 is right about four times in five
_BELIEF = 0.8
"""How much a point of the cue reader weighs beside what was learned (chosen on other splits)."""
_ALSO_SURE = 0.12
_WORD = re.compile(r"[^\W\d_]{1,24}")
_MOST_WORDS = 3
UNTOLD = frozenset({"complaint:none", "emotion:calm", "urgency:normal", "urgency:low"})
"""Labels that say nothing is there; no words make them."""
_CONTINUES_MASK, _CONTINUES = 0xC0, 0x80  # the later bytes of a character in UTF-8


@dataclass(frozen=True, slots=True)
class Weights:
    """A trained model: ``ngrams`` buckets x labels as int8 times ``scale``, cues in full."""

    version: str
    concepts: dict[str, int]
    ngrams: NDArray[np.int8]
    scale: Floats
    cues: Floats
    bias: Floats

    def logits(self, sight: Sight, grams: list[Indexes]) -> Floats:
        """The score of every label, fields side by side as in ``SLICES``."""
        buckets = bag(grams)
        # A product with ones is several times faster than a sum down the rows.
        rows = self.ngrams[buckets].astype(np.float32)
        total = (np.ones(len(buckets), np.float32) @ rows) * self.scale
        norm = np.float32(1 / np.sqrt(max(1, len(buckets))))
        result: Floats = (
            total * norm
            + cue_vector(sight.hits, sight.scores, self.concepts) @ self.cues
            + self.bias
        )
        return result


class LinearReader:
    """Reads what the cues found together with the n-grams of the text; trained, not hand-made."""

    def __init__(self, weights: Weights, first: FirstReader | None = None) -> None:
        self._weights = weights
        self._first = first or default_reader()
        self.version = weights.version

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading a text, in order; the same whether read alone or in a batch."""
        return [self.reread(sight, self._first.judge(sight)) for sight in self._first.look(texts)]

    def scores(self, sight: Sight) -> Floats:
        """The score of every label, fields side by side as in ``SLICES``, cues' belief included."""
        return self._scores(sight, hash_ngrams(sight.haystack))

    def _scores(self, sight: Sight, grams: list[Indexes]) -> Floats:
        scores = self._weights.logits(sight, grams)
        scores[SLICES["intent"]] += _BELIEF * _cue_totals(sight)
        return scores

    def reread(self, sight: Sight, reading: Reading) -> Reading:
        """The first reader's own look and reading, made better in place."""
        if not sight.haystack.strip():
            reading.model = self.version
            return reading
        grams = hash_ngrams(sight.haystack)
        logits = self._scores(sight, grams)
        chances = softmax(logits[SLICES["intent"]] / _TEMPERATURE)
        ranked = np.argsort(-chances, kind="stable")
        reading.intent = INTENTS[ranked[0]]
        reading.confidence = round(float(chances[ranked[0]]), 3)
        likely = [INTENTS[n] for n in ranked[1:4] if chances[n] >= _ALSO_SURE]
        named = [code for code in reading.also if code not in likely]
        reading.also = [code for code in likely + named if code != reading.intent][:3]
        for field in ("complaint", "emotion", "urgency"):
            best = int(np.argmax(logits[SLICES[field]]))
            setattr(reading, field, FIELDS[field][best])
        sure = 1 / (1 + np.exp(-logits[SLICES["threats"]])) >= _THREAT_SURE
        # Threats are rare in any corpus: words that name one are believed without the model.
        learned = {threat for threat, is_sure in zip(THREATS, sure, strict=True) if is_sure}
        reading.threats = [each for each in THREATS if each in learned or each in reading.threats]
        if reading.threats and reading.urgency in {"low", "normal"}:
            reading.urgency = "high"
        reading.evidence = self._evidence(sight, reading, grams)
        reading.model = self.version
        return reading

    def _evidence(self, sight: Sight, reading: Reading, grams: list[Indexes]) -> list[Evidence]:
        moods = [f"complaint:{reading.complaint}", f"emotion:{reading.emotion}"]
        threats = [f"threat:{threat}" for threat in reading.threats]
        labels = [reading.intent, *reading.also, *moods, *threats, f"urgency:{reading.urgency}"]
        shown = show(sight.scores, labels, sight.folded)
        told = {each.label for each in shown}
        if untold := [pair for pair in _columns(reading) if pair[0] not in told]:
            shown = [*self._learned_words(sight, grams, untold), *shown]
        entities = [each for each in reading.evidence if each.label in _ENTITY_KINDS]
        return shown + entities

    def _learned_words(
        self, sight: Sight, grams: list[Indexes], untold: Sequence[tuple[str, int]]
    ) -> Iterator[Evidence]:
        """The words behind labels that no cue speaks for."""
        folded = sight.folded.text
        if sight.haystack != folded:  # the n-grams are of the subject too
            grams = hash_ngrams(folded)
        for label, column in untold:
            for span in telling_words(folded, grams, self._weights.ngrams[:, column]):
                yield Evidence(label, *sight.folded.span(*span))


def _columns(reading: Reading) -> Iterator[tuple[str, int]]:
    """The labels of a reading that say something is there, and where their weights stand."""
    yield reading.intent, SLICES["intent"].start + INTENTS.index(reading.intent)
    for field in ("complaint", "emotion", "urgency"):
        value = getattr(reading, field)
        if (label := f"{field}:{value}") not in UNTOLD:
            yield label, SLICES[field].start + FIELDS[field].index(value)
    for threat in reading.threats:
        yield f"threat:{threat}", SLICES["threats"].start + THREATS.index(threat)


_ENTITY_KINDS = frozenset({"order_id", "tracking_id", "sku", "amount", "email", "phone"})


def _cue_totals(sight: Sight) -> Floats:
    scores = (sight.scores.get(intent) for intent in INTENTS)
    return np.array([score.total if score else 0.0 for score in scores], dtype=np.float32)


def telling_words(
    folded: str, grams: list[Indexes], column: NDArray[np.int8]
) -> list[tuple[int, int]]:
    """The words whose n-grams speak most for a label, in order of appearance."""
    data = as_bytes(folded)
    # Each n-gram gives its weight to the bytes it covers: a difference array, then a running sum.
    edges = np.zeros(len(data) + 1)
    for size, buckets in zip(SIZES, grams, strict=False):
        weights = column[buckets] / size
        edges[: len(weights)] += weights
        edges[size : size + len(weights)] -= weights
    sums = np.concatenate([[0.0], np.cumsum(np.cumsum(edges))])
    kept = data.decode("utf-8", "ignore").removeprefix(" ")[: len(folded)]
    begins = (np.frombuffer(data, dtype=np.uint8) & _CONTINUES_MASK) != _CONTINUES
    at = np.append(np.flatnonzero(begins)[1:], len(data)).tolist()
    gains = []
    for match in _WORD.finditer(kept):
        start, end = match.span()
        gains.append((float(sums[at[end]] - sums[at[start]]), start, end))
    best = sorted(gains, reverse=True)[:_MOST_WORDS]
    return sorted((start, end) for gain, start, end in best if gain > 0)


def softmax(logits: NDArray[np.floating[Any]]) -> Floats:
    """Scores as chances that add up to one."""
    raised = np.exp(logits - logits.max())
    result: Floats = (raised / raised.sum()).astype(np.float32)
    return result


def save_weights(weights: Weights, out: Path) -> None:
    """Write a model as one compressed ``.npz`` file."""
    meta: dict[str, Any] = {
        "version": weights.version,
        "concepts": list(weights.concepts),
        "fields": {name: list(values) for name, values in FIELDS.items()},
    }
    np.savez_compressed(
        out,
        ngrams=weights.ngrams,
        scale=weights.scale,
        cues=weights.cues.astype(np.float16),
        bias=weights.bias,
        meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
    )


def load_weights(path: Path) -> Weights:
    """A model from its file; ``ValueError`` where its labels are not those of the contract."""
    with np.load(path) as stored:
        meta = json.loads(stored["meta"].tobytes())
        if meta["fields"] != {name: list(values) for name, values in FIELDS.items()}:
            raise ValueError(
                f"{path.name}: made for other labels than this version reads; train anew"
            )
        return Weights(
            version=meta["version"],
            concepts={concept: n for n, concept in enumerate(meta["concepts"])},
            ngrams=stored["ngrams"],
            scale=stored["scale"],
            cues=stored["cues"].astype(np.float32),
            bias=stored["bias"],
        )


@cache
def shipped_weights() -> Weights | None:
    """The model in the package, or None where it was left out."""
    found = files("tradewind.nlp") / "models" / "linear.npz"
    if not found.is_file():
        return None
    with as_file(found) as path:
        return load_weights(path)
