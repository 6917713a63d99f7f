"""The readers every contract test is run over; fine-tuned ones join in ``training``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.nlp.llm_parts import reader_with, saying
from tradewind.nlp.cascade import Cascade, Rereader, Stage, default_cascade
from tradewind.nlp.contract import Reader
from tradewind.nlp.encoder.reader import EncoderReader, shipped_network
from tradewind.nlp.examples import Example
from tradewind.nlp.linear import LinearReader, shipped_weights
from tradewind.nlp.own.loading import load
from tradewind.nlp.own.reader import OwnReader
from tradewind.nlp.reader import default_reader
from tradewind.nlp.training.own import teach_own

TAUGHT = {"where is it": "logistics.tracking", "money back": "payment.refund_request"}


@pytest.fixture(
    params=["cues", "linear", "encoder", "cascade", "own, built-in kind", "language model"]
)
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    readers: dict[str, Callable[[], Reader]] = {
        "cues": default_reader,
        "linear": lambda: LinearReader(shipped_weights()),
        "encoder": lambda: always(EncoderReader(shipped_network())),
        "cascade": default_cascade,
        "own, built-in kind": lambda: always(own(tmp_path_factory.getbasetemp() / "own-contract")),
        "language model": lambda: reader_with(saying(quote="refund")),
    }
    return readers[request.param]()


def always(stage: Rereader) -> Reader:
    """A stage that is asked about everything, straight after the cues."""
    return Cascade(default_reader(), [Stage(stage, unless=math.inf)])


@cache
def own(folder: Path) -> OwnReader:
    """A model of two labels, taught on the encoder that ships."""
    rows = [Example(f"{words}? {n}", label) for n in range(12) for words, label in TAUGHT.items()]
    teach_own(rows, shipped_network(), folder, seed=7)
    return OwnReader(load(folder, shipped_network()))
