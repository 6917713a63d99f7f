"""How a tuned model cuts texts into word pieces: by our own vocabulary, or by its base's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp.encoder.vocabulary import Pieces, Vocabulary, head_and_tail

TOKENIZER = "tokenizer.json"
_MOST_CHARACTERS = 20_000


class Cutter(Protocol):
    """Cuts texts, the same way when teaching and when reading."""

    @property
    def files(self) -> tuple[str, ...]:
        """What it is read from."""
        ...

    @property
    def pad(self) -> int:
        """The id that fills up the shorter texts of a batch."""
        ...

    def split(self, text: str) -> Pieces:
        """A text's pieces with its end marks; of a long one its beginning and its end."""
        ...

    def entry(self, ids: NDArray[np.int64]) -> NDArray[Any]:
        """What the network is given for the pieces of texts (texts x pieces)."""
        ...


class OurPieces:
    """The shipped encoder's form: SentencePiece, and a vector looked up for each piece."""

    files = ("pieces.spm", "vectors.q4")

    def __init__(self, folder: Path, *, most: int, size: int, start: int, end: int) -> None:
        self._vocabulary = Vocabulary(folder, most=most, size=size, start=start, end=end)
        self._size, self.pad = size, end

    def split(self, text: str) -> Pieces:
        """As the shipped encoder does."""
        return self._vocabulary.split(text)

    def entry(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The pieces' vectors: texts x pieces x size."""
        return self._vocabulary.vectors(ids.ravel()).reshape(*ids.shape, self._size)


class BasePieces:
    """What the base was taught with, read from its ``tokenizer.json``; it holds its own vectors."""

    files = (TOKENIZER,)

    def __init__(self, folder: Path, *, most: int, pad: int) -> None:
        """``most`` pieces a text are kept. ``ValueError`` where the library is missing."""
        try:
            from tokenizers import Tokenizer  # noqa: PLC0415  # of the extra "hub"
        except ImportError as error:
            raise ValueError(
                f"{folder}: this model's words are cut by the library tokenizers, which is not "
                "installed: pip install 'tradewind[hub]'"
            ) from error
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._most, self.pad = most, pad

    def split(self, text: str) -> Pieces:
        """As the base's own tokenizer does; lone halves of characters become question marks."""
        sample = text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()
        found = self._tokenizer.encode(sample)
        keep = head_and_tail(len(found.ids), self._most)
        return Pieces(
            np.array([found.ids[n] for n in keep], np.int64), [found.offsets[n] for n in keep]
        )

    def entry(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids as they are."""
        return ids


def cutter_of(folder: Path, told: dict[str, Any]) -> Cutter:
    """The cutter that a card tells of: ours where its vectors have a size, else the base's."""
    return OurPieces(folder, **told) if "size" in told else BasePieces(folder, **told)
