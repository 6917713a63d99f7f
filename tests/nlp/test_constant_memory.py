"""A stream of any length is read in the memory of a short one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO

import orjson
import psutil

MESSAGES = 100_000
WARM, LATE = 10_000, 95_000
GROWTH = 30 * 1024 * 1024
"""Bytes that caches and the allocator may still take once the first messages are through."""
EVERY_STAGE = 2000
"""One message in so many is unsure enough to reach the encoder: it reads some 60 a second."""
PLAIN = (
    "Who pays the tax po? {n}",
    "Pone entregado, no tengo nada {n}",
    "please change my address {n}",
)
HARD = "Day {n} of looking at the empty shelf where your clock was meant to be."


def messages() -> Iterator[bytes]:
    for n in range(MESSAGES):
        text = HARD if n % EVERY_STAGE == 0 else PLAIN[n % len(PLAIN)]
        yield orjson.dumps({"id": n, "text": text.format(n=n)}) + b"\n"


def pour(into: IO[bytes]) -> None:
    with into:
        into.writelines(messages())


def test_a_hundred_thousand_messages_are_read_in_constant_memory() -> None:
    command = [sys.executable, "-m", "tradewind", "triage"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as triage:
        assert triage.stdin
        assert triage.stdout
        threading.Thread(target=pour, args=(triage.stdin,), daemon=True).start()
        seen, memory, models = 0, [], set()
        process = psutil.Process(triage.pid)
        for line in triage.stdout:
            reading = orjson.loads(line)
            assert reading["id"] == seen
            models.add(reading["model"])
            seen += 1
            if seen in {WARM, LATE}:
                memory.append(process.memory_info().rss)
    assert seen == MESSAGES
    warm, late = memory
    assert late - warm < GROWTH
    assert len(models) > 1, "expected every stage to have had its part"
