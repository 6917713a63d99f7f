"""The model that was fine-tuned: an encoder of any base, run by ONNX Runtime, without PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import onnxruntime

from tradewind.nlp.encoder.evidence import centred, telling_spans
from tradewind.nlp.encoder.network import one_core_session
from tradewind.nlp.own.contract import CARD, Choice, Floats, ranked
from tradewind.nlp.own.pieces import Cutter, cutter_of

KIND = "tuned"
NETWORK = "network.onnx"
INPUT, OUTPUTS = "pieces", ("labels", "shares")


class _Judged(NamedTuple):
    labels: Floats
    shares: Floats
    spans: list[tuple[int, int]]


class TunedModel:
    """Ranks its labels for a text; texts go through one by one, as through the shipped encoder."""

    def __init__(
        self, card: dict[str, Any], cutter: Cutter, session: onnxruntime.InferenceSession
    ) -> None:
        self.card, self._cutter, self._session = card, cutter, session
        self.labels: tuple[str, ...] = tuple(card["labels"])
        self.version = str(card["version"])
        self._last: tuple[str, _Judged] | None = None

    def rank(self, texts: Sequence[str]) -> list[list[Choice]]:
        """For each text every label with its chance, likeliest first."""
        temperature = float(self.card["temperature"])
        return [ranked(self.labels, self.scores(text), temperature) for text in texts]

    def scores(self, text: str) -> Floats:
        """The score of each label."""
        return self._judge(text).labels

    def telling(self, text: str, label: str) -> list[tuple[int, int]]:
        """The words that gave most of a label's score."""
        judged = self._judge(text)
        column = centred(judged.shares)[:, self.labels.index(label)]
        return telling_spans(text, judged.spans, column)

    def _judge(self, text: str) -> _Judged:
        # Whoever ranks a text asks for its words next.
        last = self._last
        if last is not None and last[0] == text:
            return last[1]
        pieces = self._cutter.split(text)
        given = self._cutter.entry(pieces.ids[None])
        labels, shares = self._session.run(list(OUTPUTS), {INPUT: given})
        judged = _Judged(labels[0], shares[0], pieces.spans)
        self._last = (text, judged)
        return judged


def load(folder: Path, card: dict[str, Any]) -> TunedModel:
    """A model from its folder; ``ValueError`` where a part of it is missing."""
    if not (folder / NETWORK).is_file():
        raise ValueError(f"{folder}: {CARD} is there, but {NETWORK} is not")
    return TunedModel(card, cutter_of(folder, card["pieces"]), one_core_session(folder / NETWORK))
