"""The versions of the problem map: what changed, by whom, and back to an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradewind.identity.actor import Actor
from tradewind.identity.errors import NotFound
from tradewind.triage.models import ProblemMap
from tradewind.triage.problem_map import change_map, current_map

Node = Mapping[str, Any]
_SHOWN = ("en", "zh", "belongs", "not", "severity", "active")
_DEFAULTS: Mapping[str, Any] = {"severity": 1, "active": True}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: ``kind`` is added, removed or changed; ``field`` only for changed."""

    kind: str
    code: str
    field: str = ""
    was: Any = ""
    now: Any = ""


def versions() -> list[ProblemMap]:
    """Every version of the map, newest first."""
    current_map()
    return list(ProblemMap.objects.select_related("created_by").order_by("-version"))


def get_version(version: int) -> ProblemMap:
    """One version of the map; raises NotFound."""
    if (found := ProblemMap.objects.filter(version=version).first()) is None:
        raise NotFound("version of the map")
    return found


def difference(was: Sequence[Node], now: Sequence[Node]) -> list[Change]:
    """What has to be done to the one to get the other."""
    before = {node["code"]: node for node in was}
    after = {node["code"]: node for node in now}
    changes = [Change("removed", code) for code in before if code not in after]
    for code, node in after.items():
        if code not in before:
            changes.append(Change("added", code))
        else:
            changes += _changed(before[code], node)
    return changes


def _changed(was: Node, now: Node) -> list[Change]:
    pairs = [(name, _value(was, name), _value(now, name)) for name in _SHOWN]
    return [Change("changed", was["code"], name, a, b) for name, a, b in pairs if a != b]


def _value(node: Node, name: str) -> Any:
    return node.get(name, _DEFAULTS.get(name, ""))


def restore_map(actor: Actor, version: int, *, base_version: int) -> ProblemMap:
    """Make the next version like an earlier one."""
    nodes = get_version(version).nodes
    return change_map(actor, nodes, base_version=base_version, note=f"v{version}")
