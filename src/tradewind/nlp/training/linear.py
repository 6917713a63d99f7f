"""Teaching the linear reader from labelled messages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tradewind.nlp import corpus
from tradewind.nlp.contract import Text
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.features import bag, cue_vector, hash_ngrams
from tradewind.nlp.lexicon import load_lexicon
from tradewind.nlp.linear import FIELDS, SLICES, WIDTH, Weights, save_weights
from tradewind.nlp.reader import default_reader
from tradewind.nlp.training.descent import Part, Recipe, descend
from tradewind.nlp.training.sample import read_sample

Floats = NDArray[np.float32]


VERSION = "linear-6"
_PARTS = [Part(place, is_set=name == "threats") for name, place in SLICES.items()]


def train(
    rows: Sequence[Labelled], out: Path | None, seed: int, *, recipe: Recipe | None = None
) -> Weights:
    """Weights learned from the rows by AdaGrad, the same for the same rows and seed.

    Written to ``out`` where one is given.
    """
    rules = [rule for found in load_lexicon().rules.values() for rule in found]
    names = {name for rule in rules for name in (*rule.concepts, f"score:{rule.label}")}
    concepts = {name: n for n, name in enumerate(sorted(names))}
    first = default_reader()
    sights = list(first.look([Text(row.text) for row in rows]))
    bags = [bag(hash_ngrams(sight.haystack)) for sight in sights]
    cues = np.stack([cue_vector(sight.hits, sight.scores, concepts) for sight in sights])
    targets = np.stack([_target(row) for row in rows])
    learned = descend(bags, cues, targets, _PARTS, recipe=recipe or Recipe(), seed=seed)
    ngrams, scale = learned.packed_ngrams()
    model = Weights(
        version=VERSION,
        concepts=concepts,
        ngrams=ngrams,
        scale=scale,
        cues=learned.dense,
        bias=learned.bias,
    )
    if out is not None:
        save_weights(model, out)
    return model


def _target(row: Labelled) -> Floats:
    target = np.zeros(WIDTH, np.float32)
    for name, values in FIELDS.items():
        given = row.threats if name == "threats" else [getattr(row, name)]
        for value in given:
            target[SLICES[name].start + values.index(value)] = 1
    return target


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the corpus's train part, and on more where given, and write the model."""
    parser = argparse.ArgumentParser(
        prog="python -m tradewind.nlp.training.linear", description=main.__doc__
    )
    parser.add_argument("--out", type=Path, required=True, help="where to write the model (.npz)")
    parser.add_argument("--sample", type=Path, nargs="*", default=[], help="more JSONL to learn")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    learned = [row for row in corpus.read_all("train") if not corpus.is_kept_back(row)]
    rows = [*learned, *read_sample(given.sample)]
    train(rows, given.out, given.seed)
    sys.stdout.write(f"learned from {len(rows)} messages\n")


if __name__ == "__main__":
    main()
