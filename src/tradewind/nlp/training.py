"""Training of the linear reader from labelled messages, and the figures that go with it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tradewind.nlp.cascade import SURE, Cascade
from tradewind.nlp.contract import Reader, Text
from tradewind.nlp.features import BUCKETS, bag, cue_vector, hash_ngrams
from tradewind.nlp.lexicon import load_lexicon
from tradewind.nlp.linear import FIELDS, SLICES, WIDTH, LinearReader, Weights, save_weights, softmax
from tradewind.nlp.reader import default_reader

Floats = NDArray[np.float32]
_PLACES = {
    "order": "112-4471208-3390214", "tracking": "YT2212345678901234", "amount": "$39.90",
    "eta": "12.11.", "date": "3.11.", "email": "anna@example.com", "phone": "+49 151 23456789",
}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")
_INT8 = 127


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled message."""

    text: Text
    labels: dict[str, Any]
    group: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; the defaults are those of the shipped model."""

    epochs: int = 14
    rate: float = 0.25
    decay: float = 2e-5
    version: str = "linear-2"


def read_rows(paths: Iterable[Path]) -> Iterator[Row]:
    """Rows of JSONL files: ``{"text" or "turns", "subject"?, "intent", "complaint", …}`` a line."""
    for path in paths:
        for line in path.read_bytes().splitlines():
            if line.strip():
                found = orjson.loads(line)
                text = found.get("text") or next(t[2] for t in found["turns"] if t[0] == "b")
                subject = _filled(found.get("subject") or "")
                yield Row(Text(_filled(text), subject=subject), found, path.stem)


def _filled(text: str) -> str:
    return _PLACE.sub(lambda match: _PLACES.get(match[1], match[1].title()), text)


def split(rows: Sequence[Row], *, share: float, seed: int) -> tuple[list[Row], list[Row]]:
    """Rows to learn from and rows held out, by language in the same proportion."""
    chance = np.random.default_rng(seed)
    learn: list[Row] = []
    held: list[Row] = []
    by_group: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_group[row.group].append(row)
    for group in sorted(by_group):
        members = by_group[group]
        order = chance.permutation(len(members))
        cut = round(len(members) * share)
        held += [members[n] for n in order[:cut]]
        learn += [members[n] for n in order[cut:]]
    return learn, held


def train(
    rows: Sequence[Row], out: Path | None, seed: int, *, recipe: Recipe | None = None
) -> Weights:
    """Weights learned from the rows by AdaGrad, the same for the same rows and seed.

    Written to ``out`` where one is given.
    """
    recipe = recipe or Recipe()
    rules = [rule for found in load_lexicon().rules.values() for rule in found]
    names = {name for rule in rules for name in (*rule.concepts, f"score:{rule.label}")}
    concepts = {name: n for n, name in enumerate(sorted(names))}
    first = default_reader()
    sights = list(first.look([row.text for row in rows]))
    bags = [bag(hash_ngrams(sight.haystack)) for sight in sights]
    cues = np.stack([cue_vector(sight.hits, sight.scores, concepts) for sight in sights])
    targets = np.stack([_target(row.labels) for row in rows])
    weights = _descend(bags, cues, targets, recipe=recipe, seed=seed)
    scale = np.maximum(np.abs(weights.ngrams).max(axis=0) / _INT8, 1e-8).astype(np.float32)
    model = Weights(
        version=recipe.version,
        concepts=concepts,
        ngrams=np.rint(weights.ngrams / scale).astype(np.int8),
        scale=scale,
        cues=weights.cues,
        bias=weights.bias,
    )
    if out is not None:
        save_weights(model, out)
    return model


@dataclass(slots=True)
class _Parameters:
    ngrams: Floats
    cues: Floats
    bias: Floats


def _descend(
    bags: list[NDArray[np.int64]], cues: Floats, targets: Floats, *, recipe: Recipe, seed: int
) -> _Parameters:
    chance = np.random.default_rng(seed)
    now = _Parameters(
        np.zeros((BUCKETS, WIDTH), np.float32),
        np.zeros((cues.shape[1], WIDTH), np.float32),
        np.zeros(WIDTH, np.float32),
    )
    seen = _Parameters(
        np.full((BUCKETS, WIDTH), 1e-2, np.float32),
        np.full_like(now.cues, 1.0),
        np.full_like(now.bias, 1.0),
    )
    for epoch in range(recipe.epochs):
        rate = recipe.rate * (1 - epoch / recipe.epochs)
        for n in chance.permutation(len(bags)):
            _step(now, seen, bags[n], cues[n], targets[n], rate=rate, decay=recipe.decay)
    return now


def _step(  # one example and the state it changes
    now: _Parameters,
    seen: _Parameters,
    buckets: NDArray[np.int64],
    cue: Floats,
    target: Floats,
    *,
    rate: float,
    decay: float,
) -> None:
    norm = np.float32(1 / np.sqrt(max(1, len(buckets))))
    logits = now.ngrams[buckets].sum(axis=0) * norm + cue @ now.cues + now.bias
    slope = chances(logits) - target
    gram = slope * norm
    seen.ngrams[buckets] += gram * gram
    now.ngrams[buckets] -= rate * (
        gram / np.sqrt(seen.ngrams[buckets]) + decay * now.ngrams[buckets]
    )
    present = np.flatnonzero(cue)
    step = np.outer(cue[present], slope)
    seen.cues[present] += step * step
    now.cues[present] -= rate * step / np.sqrt(seen.cues[present])
    seen.bias += slope * slope
    now.bias -= rate * slope / np.sqrt(seen.bias)


def chances(logits: Floats) -> Floats:
    """Each field's chances: one of its values for most, each threat on its own."""
    result = np.empty_like(logits)
    for name, part in SLICES.items():
        result[part] = (
            1 / (1 + np.exp(-logits[part])) if name == "threats" else softmax(logits[part])
        )
    return result


def _target(labels: dict[str, Any]) -> Floats:
    target = np.zeros(WIDTH, np.float32)
    for name, values in FIELDS.items():
        given = labels[name] if name == "threats" else [labels[name]]
        for value in given:
            target[SLICES[name].start + values.index(value)] = 1
    return target


def measure(reader: Reader, rows: Sequence[Row]) -> dict[str, Any]:
    """The share of rows each field is right on, and of intents by language."""
    readings = reader.read([row.text for row in rows])
    right: dict[str, list[bool]] = defaultdict(list)
    for row, reading in zip(rows, readings, strict=True):
        for name in FIELDS:
            got, wanted = getattr(reading, name), row.labels[name]
            right[name].append(set(got) == set(wanted) if name == "threats" else got == wanted)
        right[f"intent {row.group}"].append(right["intent"][-1])
        named = {reading.intent, *reading.also}
        right["intent or also"].append(row.labels["intent"] in named)
    return {name: round(sum(marks) / len(marks), 3) for name, marks in sorted(right.items())}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on JSONL files, print the figures of a held-out fifth, then train on all and write."""
    parser = argparse.ArgumentParser(
        prog="python -m tradewind.nlp.training", description=main.__doc__
    )
    parser.add_argument("rows", nargs="+", type=Path, help="JSONL files of labelled messages")
    parser.add_argument(
        "--out", type=Path, help="where to write the model (.npz); none: only measure"
    )
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    rows = list(read_rows(given.rows))
    learn, held = split(rows, share=0.2, seed=given.seed)
    model = train(learn, None, given.seed)
    report = {"rows": len(rows), "held_out": len(held), "cues": measure(default_reader(), held)}
    linear = LinearReader(model)
    report["linear"] = measure(linear, held)
    report["cascade"] = measure(Cascade(default_reader(), linear, sure=SURE), held)
    sys.stdout.write(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if given.out:
        train(rows, given.out, given.seed)


if __name__ == "__main__":
    main()
