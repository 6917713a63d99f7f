"""Texts as word pieces, and the vector of each piece."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 numbers of a vector: (nibble - 8) * scale; low nibbles are the first 16, high the others."""
BLOCK_SIZE = 32
_MOST_CHARACTERS = 20_000
_UTF8_CONTINUES_MASK, _UTF8_CONTINUES = 0xC0, 0x80


class Pieces(NamedTuple):
    """A text's pieces: ids with the two end marks, and each piece's span of the text.

    The end marks have the empty span (0, 0).
    """

    ids: NDArray[np.int64]
    spans: list[tuple[int, int]]


class Vocabulary:
    """Word pieces of about thirty languages with their vectors, read from a model's folder."""

    def __init__(self, folder: Path, *, most: int, size: int, start: int, end: int) -> None:
        """``most`` pieces a text are kept, ``size`` numbers make a vector."""
        self._pieces = SentencePieceProcessor(model_file=str(folder / "pieces.spm"))
        blocks = np.memmap(folder / "vectors.q4", dtype=BLOCK, mode="r")
        self._blocks = blocks.reshape(-1, size // BLOCK_SIZE)
        self._most, self._size, self._start, self._end = most, size, start, end

    def split(self, text: str) -> Pieces:
        """The pieces of a text; of a long one its beginning and its end."""
        sample = text[:_MOST_CHARACTERS]
        data = sample.encode("utf-8", "replace")
        found = self._pieces.encode(data.decode(), return_type="proto").pieces
        keep = head_and_tail(len(found), self._most - 2)
        places = _character_of_byte(data)
        ids = [self._start, *(found[n].id for n in keep), self._end]
        spans = [(places[found[n].begin], places[found[n].end]) for n in keep]
        return Pieces(np.array(ids), [(0, 0), *spans, (0, 0)])

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of pieces: len(ids) x size."""
        blocks = self._blocks[ids]
        nibbles = blocks["nibbles"]
        numbers = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32)
        numbers -= 8
        numbers *= blocks["scale"].astype(np.float32)[..., None]
        return numbers.reshape(len(ids), self._size)


def head_and_tail(count: int, most: int) -> list[int]:
    """Which of so many pieces to keep: all, or three quarters from the start and the rest."""
    if count <= most:
        return list(range(count))
    head = most * 3 // 4  # the matter is mostly said first, the wish at times last
    return [*range(head), *range(count - (most - head), count)]


def _character_of_byte(data: bytes) -> list[int]:
    """For each byte of UTF-8, and the end, how many characters begin before it."""
    begins = (np.frombuffer(data, np.uint8) & _UTF8_CONTINUES_MASK) != _UTF8_CONTINUES
    counts: list[int] = np.concatenate([[0], np.cumsum(begins)]).tolist()
    return counts
