"""Messages are read: by the first reader at once, by a deeper one within seconds."""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.inbox.record import Arrived
from tradewind.nlp.contract import Reading, Text
from tradewind.nlp.reader import default_reader
from tradewind.triage import services as triage



def read(fresh: Sequence[Arrived]) -> dict[int, Reading]:
    """Read what buyers said and keep it; the readings by message id."""
    asking = [a for a in fresh if a.is_asking and (a.text or a.subject)]
    if not asking:
        return {}
    found = default_reader().read(
        [
            Text(text=a.text, subject=a.subject, channel=a.platform, site=a.country)
            for a in asking
        ]
    )
    readings = {a.message_id: reading for a, reading in zip(asking, found, strict=True) if a.message_id}
    triage.keep(list(readings.items()))
    return readings
