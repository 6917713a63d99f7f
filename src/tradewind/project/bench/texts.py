"""Messages to measure with: the sample seller's first turns, short chats and mails mixed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "sample" / "conversations"


@cache
def texts() -> list[tuple[str, str]]:
    """(subject, text) of every first turn, languages interleaved."""
    files = [
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        for path in sorted(_FOLDER.glob("*.jsonl"))
    ]
    rounds = itertools.chain.from_iterable(itertools.zip_longest(*files))
    return [(c.get("subject") or "", c["turns"][0][2]) for c in rounds if c]


def endless() -> Iterator[tuple[str, str]]:
    """The same again and again."""
    return itertools.cycle(texts())


def items(count: int, *, prefix: str) -> list[dict[str, object]]:
    """Items of POST /api/v1/messages, each its own buyer and conversation."""
    return [
        {
            "external_id": f"{prefix}-{n}",
            "conversation": f"{prefix}-c{n}",
            "from": {"name": f"Buyer {n}", "email": f"b{n}@{prefix}.example"},
            "subject": subject,
            "text": text,
        }
        for n, (subject, text) in zip(range(count), endless(), strict=False)
    ]
