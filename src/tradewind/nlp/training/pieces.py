"""The word pieces of our own base: all of them to begin with, those worth keeping at the end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sentencepiece import SentencePieceProcessor

from tradewind.nlp.training.base import Base

COMMON = 60_000
"""So many of the base's commonest pieces are kept even if no text of ours has them."""
_SCRIPTS = frozenset(
    {
        *("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "HIRAGANA", "KATAKANA", "HANGUL"),
        *("CJK", "THAI", "DEVANAGARI", "FULLWIDTH", "HALFWIDTH", "VARIATION"),
    }
)
_CONTROLS = ("start", "end", "pad")


def all_pieces(base: Base) -> SentencePieceProcessor:
    """The base's own way to cut a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pieces.spm"
        write_pieces(base.pieces, base.chances.tolist(), base.marks, path)
        return SentencePieceProcessor(model_file=str(path))


def pieces_to_keep(base: Base, seen: Iterable[int]) -> list[int]:
    """The ids worth shipping: seen in our texts, common, or a single character we may meet."""
    kept = set(seen) | set(base.marks.values())
    for n, piece in enumerate(base.pieces):
        if n in kept or not _is_ours(piece):
            continue
        if n < COMMON or len(piece.removeprefix("▁")) <= 1:
            kept.add(n)
    return sorted(kept)


def _is_ours(piece: str) -> bool:
    return all(
        unicodedata.name(character, "?").split()[0].partition("-")[0] in _SCRIPTS
        for character in piece
        if character.isalpha() or unicodedata.category(character).startswith("M")
    )


def write_vocabulary(base: Base, kept: Sequence[int], out: Path, *, most: int) -> dict[str, int]:
    """Write the pieces kept and their vectors; gives what a card says of them.

    ``most`` pieces of a text are to be read.
    """
    renumbered = {old: new for new, old in enumerate(kept)}
    marks = {name: renumbered[n] for name, n in base.marks.items()}
    pieces = [base.pieces[n] for n in kept]
    write_pieces(pieces, base.chances[list(kept)].tolist(), marks, out / "pieces.spm")
    blocks = base.blocks("emb.word", base.size)[list(kept)]
    (out / "vectors.q4").write_bytes(np.ascontiguousarray(blocks).tobytes())
    return {"most": most, "size": base.size, "start": marks["start"], "end": marks["end"]}


def write_pieces(
    pieces: Sequence[str], chances: Sequence[float], marks: dict[str, int], path: Path
) -> None:
    """A SentencePiece model of these pieces, ids as their order, normalised as XLM-R does."""
    import io  # noqa: PLC0415  # needed here alone, with protobuf's slow load

    import sentencepiece  # noqa: PLC0415

    wire: Any = import_module("sentencepiece.sentencepiece_model_pb2")  # made at run time

    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 50),
        model_writer=made,
        vocab_size=12,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    model = wire.ModelProto()
    model.ParseFromString(made.getvalue())
    del model.pieces[:]
    kind = wire.ModelProto.SentencePiece
    special = {marks["unknown"]: kind.UNKNOWN, **{marks[m]: kind.CONTROL for m in _CONTROLS}}
    for n, (piece, chance) in enumerate(zip(pieces, chances, strict=True)):
        model.pieces.add(piece=piece, score=float(chance), type=special.get(n, kind.NORMAL))
    spec = model.trainer_spec
    spec.vocab_size, spec.unk_id = len(pieces), marks["unknown"]
    spec.bos_id, spec.eos_id, spec.pad_id = (marks[mark] for mark in _CONTROLS)
    spec.ClearField("input")
    path.write_bytes(model.SerializeToString())
