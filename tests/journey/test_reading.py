"""The deeper reading goes on past a message that breaks it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel
from tradewind.identity.scope import current_workspace_id, in_workspace
from tradewind.inbox.models import Message, Pending
from tradewind.journey import afterthought, reading
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


def test_a_workspace_whose_batch_breaks_keeps_no_other_waiting(in_alices, monkeypatch) -> None:
    ids = [in_alices.workspace.pk, in_alices.other.pk]
    for workspace_id in ids:
        with in_workspace(workspace_id):
            arrive(
                Channel.objects.create(key=f"ch_{workspace_id}", platform="api", name="S"),
                api_item("m1"),
            )
    read = reading.read_deeper

    def breaks_for_the_first(messages: Sequence[Message]) -> reading.Deeper:
        if current_workspace_id() == min(ids):
            raise RuntimeError("its folder of models is a riddle")
        return read(messages)

    monkeypatch.setattr(reading, "read_deeper", breaks_for_the_first)
    assert afterthought.catch_up() == 1
    waiting = []
    for workspace_id in ids:
        with in_workspace(workspace_id):
            waiting += Pending.objects.values_list("workspace_id", flat=True)
    assert waiting == [min(ids)]
