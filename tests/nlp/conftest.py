"""The readers every contract test is run over."""

from __future__ import annotations

import pytest

from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.contract import Reader
from tradewind.nlp.reader import default_reader


@pytest.fixture(params=["cues", "cascade"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return {"cues": default_reader, "cascade": default_cascade}[request.param]()
