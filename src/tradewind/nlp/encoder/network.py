"""The encoder's arithmetic: vectors of word pieces in, a score for every label out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import orjson
from numpy.typing import NDArray

from tradewind.nlp.encoder.vocabulary import Vocabulary

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Card:
    """What a model's folder says of itself (``card.json``)."""

    version: str
    fields: dict[str, list[str]]
    """Each field's labels, in the order of the network's scores."""
    languages: list[str]
    temperatures: dict[str, float]
    """What each field's scores are divided by so that chances mean what they say."""
    threat_bar: float
    """The score from which a threat is believed."""
    pieces: dict[str, int]
    """``most`` pieces a text, ``size`` of a vector, ids of the ``start`` and ``end`` marks."""
    beside: dict[str, float] = field(default_factory=dict)
    """How much a point of the linear reader's weighs in a field beside the encoder's own."""
    offsets: dict[str, list[float]] = field(default_factory=dict)
    """What is added to a field's scores before the best is taken, so that rare labels are found."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the network says of one text.

    ``labels``: a score per label, fields side by side. ``shares``: pieces x labels, how much of
    the label's score each piece gave. ``languages``: a score per language. ``spans``: each
    piece's place in the text. ``meaning``: the text as a vector.
    """

    labels: Floats
    shares: Floats
    languages: Floats
    meaning: Floats
    spans: list[tuple[int, int]]


class Network:
    """A trained encoder on one processor core.

    Texts go through one by one: the weights are int8 and the scale of what flows between the
    layers is found anew for each run, so company in a batch would change a text's scores.
    """

    def __init__(self, folder: Path) -> None:
        self.card = Card(**orjson.loads((folder / "card.json").read_bytes())["network"])
        self._vocabulary = Vocabulary(folder, **self.card.pieces)
        self._session = one_core_session(folder / "network.onnx")

    def score(self, text: str) -> Scores:
        """The scores of one text of any length."""
        pieces = self._vocabulary.split(text)
        vectors = self._vocabulary.vectors(pieces.ids)[None]
        labels, shares, languages, meaning = self._session.run(None, {"vectors": vectors})
        return Scores(labels[0], shares[0], languages[0], meaning[0], pieces.spans)


def one_core_session(path: Path) -> onnxruntime.InferenceSession:
    """A network ready to run; one core, because the desk's processes share the machine."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
