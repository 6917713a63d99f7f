"""The meanings of texts, kept as they are found: to read them is the long part of a lesson."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.own.contract import Floats

_MARK = hashlib.sha256().digest_size


def read_meanings(
    texts: Sequence[str],
    network: Network,
    path: Path,
    *,
    told: Callable[[int, str], None] | None = None,
) -> Floats:
    """Texts x size. What a lesson broken off has found is taken from ``path`` and added to."""
    row = network.score("").meaning.astype("<f4")
    mark = hashlib.sha256(network.card.version.encode())
    for text in texts:
        mark.update(text.encode("utf-8", "replace") + b"\0")
    found = _found(path, mark.digest(), row.nbytes)
    with path.open("r+b" if found else "wb") as file:
        file.write(mark.digest())
        file.seek(_MARK + found * row.nbytes)
        for n, text in enumerate(texts[found:], found + 1):
            file.write(network.score(text).meaning.astype("<f4").tobytes())
            if told:
                told(n, "reading")
    meanings = np.fromfile(path, "<f4", offset=_MARK, count=len(texts) * row.size)
    return meanings.astype(np.float32).reshape(len(texts), row.size)


def _found(path: Path, mark: bytes, row_bytes: int) -> int:
    """How many whole meanings of these texts the file holds."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        is_ours = file.read(_MARK) == mark
    return (path.stat().st_size - _MARK) // row_bytes if is_ours else 0
