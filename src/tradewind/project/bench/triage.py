"""How many messages one core reads in a second."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil

from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.contract import Reader, Text
from tradewind.nlp.reader import default_reader
from tradewind.project.bench.plain_encoder import plain_encoder_speed
from tradewind.project.bench.texts import endless

BATCH = 100
_PLAIN = 60
_DEEPER = 20
"""The whole cascade is measured on so many times fewer messages than its first stage."""


def bench_triage(messages: int) -> dict[str, Any]:
    """Short chats and the whole mix, read in batches by this process alone, stage by stage."""
    texts = [Text(text=body, subject=s) for s, body in itertools.islice(endless(), messages)]
    few = texts[: max(1, messages // _DEEPER)]
    short = [text for text in texts if len(text.text) <= 80]
    first, loaded = _loaded(default_reader)
    whole, whole_loaded = _loaded(default_cascade)
    read_by = Counter(reading.model for reading in whole.read(few))
    return {
        "mixed_mean_characters": round(sum(len(t.text) for t in texts) / len(texts)),
        "short_share": round(len(short) / len(texts), 2),
        "first": {
            "model": first.version,
            "load_seconds": loaded,
            "mixed_per_s": _speed(first, texts),
            "short_per_s": _speed(first, short),
        },
        "cascade": {
            "model": whole.version,
            "load_seconds": whole_loaded,
            "mixed_per_s": _speed(whole, few),
            "short_per_s": _speed(whole, short[: len(few)]),
            "read_by": {name: round(n / len(few), 3) for name, n in sorted(read_by.items())},
        },
        "memory_mb": round(psutil.Process().memory_info().rss / 2**20),
        "plain_xlm_roberta_base_mixed_per_s": plain_encoder_speed(few[:_PLAIN]),
    }


def _loaded(make: Callable[[], Reader]) -> tuple[Reader, float]:
    begun = time.perf_counter()
    reader = make()
    reader.read([Text(text="warm up")])
    return reader, round(time.perf_counter() - begun, 2)


def _speed(reader: Reader, texts: list[Text]) -> int:
    # CPU time: other programs on the machine must not count.
    begun = time.process_time()
    for start in range(0, len(texts), BATCH):
        reader.read(texts[start : start + BATCH])
    return round(len(texts) / (time.process_time() - begun))
