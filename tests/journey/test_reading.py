"""The deeper reading goes on past a message that breaks it."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.journey.reading import _read_all
from tradewind.nlp.contract import Reading, Text
from tradewind.nlp.reader import default_reader


class Fragile:
    """Breaks on one word."""

    version = "fragile"

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        if any("poison" in text.text for text in texts):
            raise RuntimeError("cannot read this")
        return default_reader().read(texts)


def test_one_text_that_breaks_the_reader_costs_only_its_own_reading() -> None:
    texts = [Text("where is my parcel"), Text("poison"), Text("it arrived broken")]
    before, broken, after = _read_all(Fragile(), texts)
    assert broken is None
    assert before is not None
    assert after is not None
    assert after.intent == default_reader().read([texts[2]])[0].intent
