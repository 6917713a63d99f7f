"""Labels follow the problem map: when a leaf is renamed or merged, they say the new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Q
from django.db.transaction import atomic

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.learning.models import Label, LabelItem, LeafMove
from tradewind.triage.problem_map import codes_of, current_map


@dataclass(frozen=True, slots=True)
class Moves:
    """Every move of the workspace in order, for what is not rewritten: corrections, our corpus."""

    rows: Sequence[tuple[str, str, datetime]]
    leaves: frozenset[str]

    @classmethod
    def read(cls) -> Moves:
        """The moves as they are now."""
        rows = LeafMove.objects.order_by("id").values_list("was", "now", "at")
        return cls(list(rows), frozenset(codes_of(current_map())))

    def now(self, code: str, *, since: datetime | None = None) -> str:
        """The present code of a leaf that was said ``since`` then; a leaf in use is itself."""
        if code in self.leaves:
            return code
        for was, now, at in self.rows:
            if code == was and (since is None or at >= since):
                code = now
        return code


def leaves_gone() -> list[tuple[str, int]]:
    """Leaves that labels name but the map has no more, and how many do, commonest first."""
    leaves = set(codes_of(current_map()))
    named: Counter[str] = Counter()
    for values in _all_values():
        named.update(code for code in _codes(values) if code not in leaves)
    return named.most_common()


@atomic
def move_leaf(actor: Actor, was: str, now: str) -> int:
    """Have every label that says one leaf say another; how many rows were changed.

    The first must have left the map (renamed, merged or out of use), the second must be in use.
    """
    actor.require(Right.MANAGE_LEARNING)
    current = current_map()
    leaves = codes_of(current)
    if now not in leaves:
        raise Invalid(f"now: got “{now}”, wanted a leaf of the problem map")
    if was in leaves:
        raise Invalid(f"was: “{was}” is a leaf in use; take it out of the map first")
    LeafMove.objects.create(was=was, now=now, map_version=current.version, by=actor.person)
    changed = _move_in_labels(was, now) + _move_in_finals(was, now)
    identity.audit(actor, "labels.moved", was=was, now=now, rows=changed)
    return changed


def _move_in_labels(was: str, now: str) -> int:
    rows = list(Label.objects.filter(_says("values", was)).select_for_update())
    for row in rows:
        row.values = _moved(row.values or {}, was, now)
    Label.objects.bulk_update(rows, ["values"], batch_size=500)
    return len(rows)


def _move_in_finals(was: str, now: str) -> int:
    rows = list(LabelItem.objects.filter(_says("final", was)).select_for_update())
    for row in rows:
        row.final = _moved(row.final or {}, was, now)
    LabelItem.objects.bulk_update(rows, ["final"], batch_size=500)
    return len(rows)


def _says(column: str, code: str) -> Q:
    return Q(**{f"{column}__intent": code}) | Q(**{f"{column}__also__contains": code})


def _moved(values: dict[str, Any], was: str, now: str) -> dict[str, Any]:
    intent = now if values["intent"] == was else values["intent"]
    also = [now if code == was else code for code in values["also"]]
    # Two leaves became one: what was said twice is said once.
    return values | {
        "intent": intent,
        "also": [code for code in dict.fromkeys(also) if code != intent],
    }


def _all_values() -> Iterator[dict[str, Any]]:
    # A final that was agreed on is one of the labels; the others may be named nowhere else.
    finals = LabelItem.objects.exclude(state="agreed").values_list("final", flat=True)
    for values in chain(Label.objects.values_list("values", flat=True), finals):
        if values is not None:
            yield values


def _codes(values: dict[str, Any]) -> list[str]:
    return [values["intent"], *values["also"]]
