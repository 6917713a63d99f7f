"""The one door through which a seller's own model is read, whatever its kind."""

from __future__ import annotations

from pathlib import Path

import orjson

from tradewind.nlp.encoder.network import Network
from tradewind.nlp.own import meaning, tuned
from tradewind.nlp.own.contract import CARD, OwnModel


def load(folder: Path, network: Network | None) -> OwnModel:
    """A model from its folder; ``ValueError`` says what is wrong with it.

    ``network`` is the encoder that ships, None where it was left out: one kind needs it.
    """
    path = folder / CARD
    if not path.is_file():
        raise ValueError(f"{folder}: no model here (no {CARD})")
    card = orjson.loads(path.read_bytes())
    kind = card.get("kind")
    if kind == tuned.KIND:
        return tuned.load(folder, card)
    if kind != meaning.KIND:
        raise ValueError(
            f"{path}: expected a model of kind {meaning.KIND!r} or {tuned.KIND!r}, got {kind!r}"
        )
    if network is None:
        raise ValueError(f"{folder}: needs the encoder, which was left out of this installation")
    return meaning.load(folder, card, network)
