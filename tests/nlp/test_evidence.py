"""Every label that says something is there shows the words that made it."""

from __future__ import annotations

import pytest

from tests.nlp.test_contract import ORDINARY
from tradewind.nlp.contract import Reader, Text
from tradewind.nlp.linear import UNTOLD


# The cues conclude some moods from other labels; a language model quotes once for all of them.
@pytest.mark.parametrize("reader", ["linear", "encoder", "cascade"], indirect=True)
@pytest.mark.parametrize("text", ORDINARY)
def test_every_label_has_its_words(reader: Reader, text: str) -> None:
    (reading,) = reader.read([Text(text)])
    labels = [reading.intent, f"complaint:{reading.complaint}", f"emotion:{reading.emotion}"]
    labels += [f"threat:{threat}" for threat in reading.threats]
    missing = {*labels, f"urgency:{reading.urgency}"} - {e.label for e in reading.evidence}
    assert missing <= UNTOLD
