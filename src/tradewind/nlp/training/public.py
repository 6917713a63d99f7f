"""Models of one's own held against public sets: what teaching is worth on others' labels.

``python -m tradewind.nlp.training.public --help``
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.evaluation import measures
from tradewind.nlp.evaluation.own import correlation
from tradewind.nlp.examples import Example, read_examples
from tradewind.nlp.own.contract import OwnModel
from tradewind.nlp.own.loading import load
from tradewind.nlp.training.own import teach_own
from tradewind.nlp.training.tuning import Tuning

Pairs = Sequence[tuple[str, str]]
"""Of each text the label wanted and the label given."""
Teach = Callable[[list[Example], Path], OwnModel]
"""Writes a model to the folder and loads it."""
JUDGED = 5
"""One text in so many is not learned from but judged by."""
_MEASURES: dict[str, Callable[[Pairs], float]] = {
    "accuracy": lambda pairs: measures.share([wanted == given for wanted, given in pairs]),
    "macro_f1": measures.macro_f1,
    "mcc": correlation,
}


@dataclass(frozen=True, slots=True)
class PublicSet:
    """One entry of ``public.toml``, which says what its fields mean."""

    name: str
    measure: str
    goal: float
    least: float
    folders: tuple[str, ...] = ()
    outside: str = ""
    goal_caught: float = 0.0
    least_caught: float = 0.0
    by_language: bool = False
    quick: bool = False

    def is_in(self, root: Path) -> bool:
        """Whether all of its folders are there."""
        return all((root / folder / "train.jsonl").is_file() for folder in self.folders)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was reached on a set: ``value`` of its measure; ``caught`` of what is outside."""

    learned: int
    judged: int
    value: float
    caught: float | None

    def falls_short(self, public: PublicSet) -> bool:
        """Whether something is lost that was there."""
        return self.value < public.least or (self.caught or 0.0) < public.least_caught


@cache
def public_sets() -> tuple[PublicSet, ...]:
    """The sets that are known, in order."""
    text = (files("tradewind.nlp.training") / "public.toml").read_text("utf-8")
    return tuple(
        PublicSet(**{"name": name, "folders": (name,)} | told | _folders(told))
        for name, told in tomllib.loads(text).items()
    )


def judge_public(public: PublicSet, root: Path, teach: Teach) -> Outcome:
    """Teach on four fifths of each folder and judge on the rest."""
    outcomes = [_judge(public, root / folder, teach) for folder in public.folders]
    return Outcome(
        learned=sum(each.learned for each in outcomes),
        judged=sum(each.judged for each in outcomes),
        value=_mean([each.value for each in outcomes]),
        caught=_mean([each.caught for each in outcomes if each.caught is not None])
        if public.outside
        else None,
    )


def _judge(public: PublicSet, folder: Path, teach: Teach) -> Outcome:
    path = folder / "train.jsonl"
    with path.open("rb") as lines:
        rows = read_examples(lines, name=str(path))
    learned = [row for row in rows if crc32(row.text.encode()) % JUDGED]
    judged = [row for row in rows if not crc32(row.text.encode()) % JUDGED]
    with TemporaryDirectory() as place:
        model = teach(learned, Path(place) / "model")
        given = [ranked[0].label for ranked in model.rank([row.text for row in judged])]
    pairs = [(row.label, label) for row, label in zip(judged, given, strict=True)]
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row, pair in zip(judged, pairs, strict=True):
        if row.label != public.outside:
            groups[row.language if public.by_language else ""].append(pair)
    measure = _MEASURES[public.measure]
    outside = [label == public.outside for wanted, label in pairs if wanted == public.outside]
    return Outcome(
        learned=len(learned),
        judged=len(judged),
        value=_mean([measure(group) for group in groups.values()]),
        caught=measures.share(outside) if public.outside else None,
    )


def _folders(told: dict[str, object]) -> dict[str, object]:
    named = told.get("folders")
    return {"folders": tuple(named)} if isinstance(named, list) else {}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def teach_built_in(examples: list[Example], out: Path) -> OwnModel:
    """The kind that needs no PyTorch."""
    network = shipped_network()
    if network is None:
        raise ValueError("the encoder was left out of this installation")
    teach_own(examples, network, out, seed=7)
    return load(out, network)


def fine_tune(examples: list[Example], out: Path, *, epochs: int) -> OwnModel:
    """The shipped encoder's base, fine-tuned; needs the extra ``train``."""
    from tradewind.nlp.training.tuned import teach_tuned  # noqa: PLC0415  # loads PyTorch

    teach_tuned(examples, Tuning(epochs=epochs), out)
    return load(out, None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach and judge set after set, a line each; with --check exit 1 where one falls short."""
    given = _parser().parse_args(arguments)
    teach: Teach = teach_built_in
    if given.epochs:
        teach = partial(fine_tune, epochs=given.epochs)
    short = []
    for public in public_sets():
        if (given.sets and public.name not in given.sets) or not public.is_in(given.folder):
            continue
        started = time.monotonic()
        outcome = judge_public(public, given.folder, teach)
        caught = f", {outcome.caught:.1%} of what is outside caught" if public.outside else ""
        sys.stdout.write(
            f"{public.name}: {public.measure} {outcome.value:.4f}{caught} (goal {public.goal:g}; "
            f"{outcome.learned} learned, {outcome.judged} judged, "
            f"{time.monotonic() - started:.0f} s)\n"
        )
        sys.stdout.flush()
        short += [public.name] if outcome.falls_short(public) else []
    if given.check and short:
        sys.exit(f"below what was reached before: {', '.join(short)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tradewind.nlp.training.public", description=main.__doc__
    )
    parser.add_argument("folder", type=Path, help="holds a folder for each set, with train.jsonl")
    parser.add_argument("--sets", nargs="*", default=[], help="only these")
    parser.add_argument("--epochs", type=int, help="fine-tune for so many at most; else built-in")
    parser.add_argument("--check", action="store_true", help="exit 1 where something was lost")
    return parser


if __name__ == "__main__":
    main()
