"""How far the shipped encoder is to be believed, and how much the linear reader counts beside it.

Judged on messages that neither learned from, by what runs and not by what was taught:
``python -m tradewind.nlp.training.mixing --folder FOLDER``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from tradewind.nlp import corpus
from tradewind.nlp.contract import Text
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.encoder.network import Network
from tradewind.nlp.encoder.reader import slices
from tradewind.nlp.linear import FIELDS, SLICES, LinearReader, shipped_weights
from tradewind.nlp.reader import default_reader
from tradewind.nlp.training.calibration import best_bar, best_offsets, best_temperature, surprise

Floats = NDArray[np.float32]
_RARE = ("complaint", "emotion")
"""Fields whose labels count alike however rare (macro-F1), as nobody acts on their chances."""
_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Mixture:
    """What goes into an encoder's card."""

    temperatures: dict[str, float]
    threat_bar: float
    beside: dict[str, float]
    offsets: dict[str, list[float]]


def mixture(network: Network, linear: LinearReader | None, rows: Sequence[Labelled]) -> Mixture:
    """The temperatures, weights and bar that suit the rows best."""
    own = np.stack([network.score(row.text).labels for row in rows])
    others = _linear_scores(linear, rows) if linear else np.zeros_like(own)
    weights = _WEIGHTS if linear else _WEIGHTS[:1]
    temperatures, beside, offsets, bar = {}, {}, {}, 0.0
    for name, place in slices(network.card).items():
        mixed = [(own[:, place] + weight * others[:, SLICES[name]], weight) for weight in weights]
        if name == "threats":
            wanted = np.array([[each in row.threats for each in FIELDS[name]] for row in rows])
            found = [(*best_bar(scores, wanted), weight) for scores, weight in mixed]
            _, bar, weight = max(found, key=lambda each: (each[0], -each[2]))
        else:
            index = np.array([FIELDS[name].index(getattr(row, name)) for row in rows])
            fits = [_fit(scores, index, weight) for scores, weight in mixed]
            _, temperatures[name], weight = min(fits)
            if name in _RARE:
                best = own[:, place] + weight * others[:, SLICES[name]]
                offsets[name] = best_offsets(best, index)
        if weight:
            beside[name] = weight
    return Mixture(temperatures, bar, beside, offsets)


def _fit(scores: Floats, index: NDArray[np.int64], weight: float) -> tuple[float, float, float]:
    temperature = best_temperature(scores, index)
    return surprise(scores / temperature, index), temperature, weight


def _linear_scores(linear: LinearReader, rows: Sequence[Labelled]) -> Floats:
    sights = default_reader().look([Text(row.text) for row in rows])
    return np.stack([linear.scores(sight) for sight in sights])


def calibrate(folder: Path, rows: Sequence[Labelled]) -> Mixture:
    """Write what suits the rows best into the folder's card."""
    weights = shipped_weights()
    found = mixture(Network(folder), LinearReader(weights) if weights else None, rows)
    path = folder / "card.json"
    card = orjson.loads(path.read_bytes())
    card["network"] |= {
        "temperatures": found.temperatures,
        "threat_bar": found.threat_bar,
        "beside": found.beside,
        "offsets": found.offsets,
    }
    path.write_bytes(orjson.dumps(card, option=orjson.OPT_INDENT_2))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Calibrate an encoder's folder on what was kept back of the corpus's train part."""
    parser = argparse.ArgumentParser(
        prog="python -m tradewind.nlp.training.mixing", description=main.__doc__
    )
    parser.add_argument("--folder", type=Path, required=True, help="an encoder's folder")
    rows = [row for row in corpus.read_all("train") if corpus.is_kept_back(row)]
    found = calibrate(parser.parse_args(arguments).folder, rows)
    sys.stdout.write(f"from {len(rows)} messages: {found}\n")


if __name__ == "__main__":
    main()
