"""A lesson that is not over: what it has made so far lies in a folder of its own."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from tradewind.nlp.examples import Example
from tradewind.nlp.own.contract import CARD

STATE = "state"
"""Inside of the model's folder; who gives the same command again goes on from it."""


def out_folder_is_free(folder: Path) -> bool:
    """Whether a model may be written there: nothing is, an older model, or a lesson begun."""
    if not folder.exists() or not any(folder.iterdir()):
        return True
    return (folder / CARD).is_file() or is_unfinished(folder)


def is_unfinished(folder: Path) -> bool:
    """Whether a lesson was begun there and is not over."""
    return (folder / STATE).is_dir() and not (folder / CARD).is_file()


def mark_of(examples: Sequence[Example], *settings: Any) -> str:
    """Tells a lesson from one with other texts or settings."""
    told = orjson.dumps([[list(each) for each in examples], settings])
    return hashlib.sha256(told).hexdigest()


def finish(folder: Path, card: dict[str, Any], files: Iterable[str]) -> None:
    """The lesson's files and the card become the model; the rest of the state goes.

    The card comes last: a folder with a card is a model that is whole.
    """
    (folder / CARD).unlink(missing_ok=True)
    for name in files:
        (folder / STATE / name).replace(folder / name)
    part = folder / STATE / CARD
    part.write_bytes(orjson.dumps(card, option=orjson.OPT_INDENT_2))
    part.replace(folder / CARD)
    shutil.rmtree(folder / STATE, ignore_errors=True)
