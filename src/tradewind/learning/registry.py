"""The models of a workspace as folders on disk, and which of them reads.

``models/WORKSPACE/NAME/`` holds a model's card, its weights and, once it was judged, its report;
``models/WORKSPACE/registry.json`` says who is champion, who was before, and who challenges.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tradewind.core.home import write_private
from tradewind.identity.errors import Conflict, Invalid, NotFound
from tradewind.nlp.training.keeping import is_unfinished

BUILT_IN = "built-in"
"""The name of the reader that ships: always there, champion where nobody chose another."""
CARD, REPORT, STATE = "card.json", "report.json", "registry.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """``champions``: every champion so far, the present one last; ``challenger``: a name or ""."""

    champions: list[str] = field(default_factory=list)
    challenger: str = ""

    @property
    def champion(self) -> str:
        """The model in use."""
        return self.champions[-1] if self.champions else BUILT_IN


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the registry; ``report`` is None until it was judged."""

    name: str
    card: dict[str, Any]
    report: dict[str, Any] | None


class Registry:
    """The models in one folder. A name is never given twice: readings are kept under it.

    ``shipped`` is the report of the built-in reader, until it is judged here.
    """

    def __init__(self, folder: Path, *, shipped: dict[str, Any] | None = None) -> None:
        self._folder, self._shipped = folder, shipped

    def stamp(self) -> tuple[int, int]:
        """Other than before as soon as somebody chose; cheap enough to ask for every batch."""
        try:
            found = (self._folder / STATE).stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino

    def standing(self) -> Standing:
        """Who is champion and who challenges."""
        path = self._folder / STATE
        return Standing(**orjson.loads(path.read_bytes())) if path.is_file() else Standing()

    def entries(self) -> list[Entry]:
        """Every model, newest first, and the built-in reader last."""
        # What is being taken in has a card already, under a name that no model can have.
        found = self._folder.glob(f"*/{CARD}")
        cards = [path for path in found if _NAME.fullmatch(path.parent.name)]
        cards.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return [*(self._shown(path.parent.name) for path in cards), self.get(BUILT_IN)]

    def _shown(self, name: str) -> Entry:
        """A model as the list shows it: one that is damaged by its name alone."""
        try:
            return self.get(name)
        except Conflict:
            return Entry(name, {}, None)

    def get(self, name: str) -> Entry:
        """One model; raises NotFound, and Conflict where it is damaged."""
        folder = self._folder / name
        report = folder / REPORT
        if name == BUILT_IN:
            card: dict[str, Any] = {}
        elif not _NAME.fullmatch(name) or not (folder / CARD).is_file():
            raise NotFound("model")
        else:
            card = _read(folder / CARD)
        if report.is_file():
            return Entry(name, card, _read(report))
        return Entry(name, card, self._shipped if name == BUILT_IN else None)

    def folder_of(self, name: str) -> Path:
        """Where a model lies."""
        return self._folder / self.get(name).name

    def folder_for(self, name: str) -> Path:
        """Where a new model of this name is to be written; refused when the name was given.

        A lesson that was broken off goes on where it was.
        """
        if not _NAME.fullmatch(name) or name == BUILT_IN:
            raise Invalid(f"name: got “{name}”, wanted a–z, 0–9 and -, at most 40")
        folder = self._folder / name
        if folder.exists() and not is_unfinished(folder):
            raise Conflict(f"there is a model “{name}” already; a name is never given twice")
        return folder

    def add(self, name: str, source: Path) -> Entry:
        """Take in a model that was taught elsewhere; its version becomes its name here."""
        target = self.folder_for(name)
        if target.exists():
            raise Conflict(f"a lesson of “{name}” is not over; name it otherwise")
        draft = target.with_name(f".{name}.part")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source, draft)
        card = orjson.loads((draft / CARD).read_bytes()) | {"version": name}
        write_private(draft / CARD, orjson.dumps(card, option=orjson.OPT_INDENT_2))
        draft.rename(target)
        return self.get(name)

    def keep_report(self, name: str, report: dict[str, Any]) -> None:
        """Put a report beside the model it is of."""
        folder = self.folder_of(name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(folder / REPORT, orjson.dumps(report))

    def use(self, name: str) -> Standing:
        """Make a model the champion; a challenger that wins challenges no more."""
        now = self.standing()
        if self.get(name).name == now.champion:
            return now
        challenger = "" if now.challenger == name else now.challenger
        return self._say(Standing([*(now.champions or [BUILT_IN]), name][-_MOST_KEPT:], challenger))

    def challenge(self, name: str) -> Standing:
        """Have a model read beside the champion; an empty name ends that."""
        now = self.standing()
        if name and self.get(name).name == now.champion:
            raise Conflict(f"“{name}” is the champion; a challenger is another model")
        return self._say(Standing(now.champions, name))

    def back(self) -> Standing:
        """Make the champion before this one champion again."""
        now = self.standing()
        # One that was taken away from the disk since then cannot come back.
        former = [n for n in now.champions[:-1] if n == BUILT_IN or (self._folder / n).is_dir()]
        if not former:
            raise Conflict("there was no champion before this one")
        return self._say(Standing(former, "" if now.challenger == former[-1] else now.challenger))

    def _say(self, standing: Standing) -> Standing:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        told = {"champions": standing.champions, "challenger": standing.challenger}
        write_private(self._folder / STATE, orjson.dumps(told))
        return standing


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(orjson.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise Conflict(
            f"the model “{path.parent.name}” cannot be read: {path.name}: {error}"
        ) from error
