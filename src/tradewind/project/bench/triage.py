"""How many messages one core reads in a second."""

from __future__ import annotations

import itertools
import time
from typing import Any

from tradewind.nlp.contract import Reader, Text
from tradewind.nlp.reader import default_reader
from tradewind.project.bench.texts import endless

BATCH = 100


def bench_triage(messages: int) -> dict[str, Any]:
    """Short chats and the whole mix, read in batches by this process alone."""
    begun = time.perf_counter()
    reader = default_reader()
    reader.read([Text(text="warm up")])
    loaded = time.perf_counter() - begun
    mixed = [Text(text=body, subject=s) for s, body in itertools.islice(endless(), messages)]
    short = [text for text in mixed if len(text.text) <= 80]
    return {
        "model": reader.version,
        "load_seconds": round(loaded, 2),
        "mixed_per_s": _speed(reader, mixed),
        "mixed_mean_characters": round(sum(len(t.text) for t in mixed) / len(mixed)),
        "short_per_s": _speed(reader, short),
        "short_share": round(len(short) / len(mixed), 2),
    }


def _speed(reader: Reader, texts: list[Text]) -> int:
    # CPU time: other programs on the machine must not count.
    begun = time.process_time()
    for start in range(0, len(texts), BATCH):
        reader.read(texts[start : start + BATCH])
    return round(len(texts) / (time.process_time() - begun))
