"""The sample seller's conversations as labelled messages: more situations to learn from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from tradewind.nlp import corpus
from tradewind.nlp.corpus import Labelled

_PLACES = {
    "order": "112-4471208-3390214", "tracking": "YT2212345678901234", "amount": "$39.90",
    "eta": "12.11.", "date": "3.11.", "email": "anna@example.com", "phone": "+49 151 23456789",
}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")


def read_sample(paths: Iterable[Path]) -> Iterator[Labelled]:
    """The first message of each conversation of JSONL files: ``{"turns", "intent", …}`` a line."""
    for path in paths:
        for line in path.read_bytes().splitlines():
            if line.strip():
                found = orjson.loads(line)
                said = next(turn[2] for turn in found["turns"] if turn[0] == "b")
                lead = f"{found['subject']}\n" if found.get("subject") else ""
                told = {"text": _filled(lead + said), "language": path.stem}
                yield corpus.labelled(found | told, "sample")


def _filled(text: str) -> str:
    return _PLACE.sub(lambda match: _PLACES.get(match[1], match[1].title()), text)
