"""Messages as numbers: hashed byte n-grams of the folded text, and the cue words found in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.cuescore import Hit, Score

BITS = 15
BUCKETS = 1 << BITS
SIZES = (3, 4, 5, 6, 8)
"""Bytes in an n-gram: one to two ideographs, or three to eight Latin letters."""
BYTE_LIMIT = 1_600
_MOST_SCORE = 3.0
_BASE = 16_777_619
_POWERS = np.array([pow(_BASE, n, 1 << 32) for n in range(max(SIZES))], dtype=np.uint32)

_ONE, _MIXER, _SHIFT = np.uint32(1), np.uint32(2_654_435_761), np.uint32(32 - BITS)

Indexes = NDArray[np.int64]


def hash_ngrams(folded: str) -> list[Indexes]:
    """For each of ``SIZES`` that fits, the bucket of the n-gram at each byte of ``" folded "``."""
    data = np.frombuffer(as_bytes(folded), dtype=np.uint8).astype(np.uint32) + _ONE
    sums = data.copy()
    buckets = []
    for offset in range(1, min(max(SIZES), len(data))):
        sums = sums[:-1] + data[offset:] * _POWERS[offset]
        if offset + 1 in SIZES:
            buckets.append(((sums + np.uint32(offset)) * _MIXER >> _SHIFT).astype(np.int64))
    return buckets


def as_bytes(folded: str) -> bytes:
    """What is hashed: the beginning of the text between two blanks."""
    return f" {folded[:BYTE_LIMIT]} ".encode("utf-8", "replace")[:BYTE_LIMIT]


def bag(grams: list[Indexes]) -> Indexes:
    """The distinct buckets of a text, ascending."""
    seen = np.zeros(BUCKETS, dtype=np.bool_)
    for buckets in grams:
        seen[buckets] = True
    return np.flatnonzero(seen)


def cue_vector(
    hits: dict[str, list[Hit]], scores: dict[str, Score], names: dict[str, int]
) -> NDArray[np.float32]:
    """How surely each cue word was found and how far each label got, in order of ``names``."""
    found = np.zeros(len(names), dtype=np.float32)
    for concept, places in hits.items():
        index = names.get(concept)
        if index is not None:
            found[index] = (
                places[0].factor if len(places) == 1 else max(place.factor for place in places)
            )
    for label, score in scores.items():
        index = names.get(f"score:{label}")
        if index is not None:
            found[index] = min(score.total, _MOST_SCORE) / _MOST_SCORE
    return found
