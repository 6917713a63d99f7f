"""The readers every contract test is run over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.nlp.llm_parts import reader_with, saying
from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.contract import Reader
from tradewind.nlp.reader import default_reader


@pytest.fixture(params=["cues", "cascade", "language model"])
def reader(request: pytest.FixtureRequest) -> Reader:
    readers: dict[str, Callable[[], Reader]] = {
        "cues": default_reader,
        "cascade": default_cascade,
        "language model": lambda: reader_with(saying(quote="refund")),
    }
    return readers[request.param]()
