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

Indexes = NDArray[np.int64]


def hash_ngrams(folded: str) -> tuple[Indexes, Indexes, Indexes]:
    """Bucket, first byte and length of every n-gram of ``" folded "`` (UTF-8)."""
    data = np.frombuffer(as_bytes(folded), dtype=np.uint8).astype(np.uint32) + 1
    sums = np.zeros(len(data), dtype=np.uint32)
    buckets, starts, lengths = [], [], []
    for offset in range(max(SIZES)):
        kept = len(data) - offset
        if kept <= 0:
            break
        sums = sums[:kept] + data[offset:] * _POWERS[offset]
        if offset + 1 in SIZES:
            mixed = (sums + np.uint32(offset)) * np.uint32(2_654_435_761)
            buckets.append((mixed >> np.uint32(32 - BITS)).astype(np.int64))
            starts.append(np.arange(kept))
            lengths.append(np.full(kept, offset + 1))
    if not buckets:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    return np.concatenate(buckets), np.concatenate(starts), np.concatenate(lengths)


def as_bytes(folded: str) -> bytes:
    """What is hashed: the beginning of the text between two blanks."""
    return f" {folded[:BYTE_LIMIT]} ".encode("utf-8", "replace")[:BYTE_LIMIT]


def bag(folded: str) -> Indexes:
    """The distinct buckets of a text, ascending."""
    return np.unique(hash_ngrams(folded)[0])


def cue_vector(
    hits: dict[str, list[Hit]], scores: dict[str, Score], names: dict[str, int]
) -> NDArray[np.float32]:
    """How surely each cue word was found and how far each label got, in order of ``names``."""
    found = np.zeros(len(names), dtype=np.float32)
    for concept, places in hits.items():
        index = names.get(concept)
        if index is not None:
            found[index] = max(place.factor for place in places)
    for label, score in scores.items():
        index = names.get(f"score:{label}")
        if index is not None:
            found[index] = min(score.total, _MOST_SCORE) / _MOST_SCORE
    return found
