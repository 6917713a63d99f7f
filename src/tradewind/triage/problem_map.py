"""The tree of intents: its default, its versions, and the names it has."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.transaction import atomic

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id
from tradewind.triage.models import ProblemMap

_DEFAULT = Path(__file__).parent / "problem_map.toml"
_CODE = re.compile(r"[a-z][a-z0-9_]{1,28}(\.[a-z][a-z0-9_]{1,28})?")
_kept: dict[tuple[int, int], ProblemMap] = {}
_MOST_KEPT = 200
_NEWEST = "SELECT max(version) FROM triage_problemmap WHERE workspace_id = %s"
_NODE_KEYS = {"code", "en", "zh", "belongs", "not", "severity", "active"}


@cache
def default_nodes() -> list[dict[str, Any]]:
    """The nodes of the map that a new workspace starts with."""
    return list(tomllib.loads(_DEFAULT.read_text(encoding="utf-8"))["node"])


def current_map() -> ProblemMap:
    """The newest version of the workspace's map; version 1 is made at first asking."""
    workspace_id = current_workspace_id()
    with connection.cursor() as cursor:  # asked by every page: the ORM takes ten times as long
        cursor.execute(_NEWEST, [workspace_id])
        (version,) = cursor.fetchone()
    if version is not None:
        return _version(workspace_id, version)
    return ProblemMap.objects.get_or_create(
        workspace_id=workspace_id, version=1, defaults={"nodes": default_nodes()}
    )[0]


def _version(workspace_id: int, version: int) -> ProblemMap:
    """A version never changes, so each process reads it once."""
    key = (workspace_id, version)
    if (kept := _kept.get(key)) is None:
        kept = ProblemMap.objects.get(workspace_id=workspace_id, version=version)
        if len(_kept) > _MOST_KEPT:
            _kept.clear()
        _kept[key] = kept
    return kept


def codes_of(problem_map: ProblemMap) -> list[str]:
    """The leaves in use."""
    return [n["code"] for n in problem_map.nodes if "." in n["code"] and n.get("active", True)]


def severities() -> dict[str, int]:
    """Severity 0–3 of each leaf of the current map."""
    return {n["code"]: int(n.get("severity", 1)) for n in current_map().nodes}


@atomic
def change_map(
    actor: Actor, nodes: list[dict[str, Any]], *, base_version: int, note: str = ""
) -> ProblemMap:
    """The next version of the map; refused when somebody else made one in between."""
    actor.require(Right.EDIT_MAP)
    current = current_map().version
    if base_version != current:
        raise Conflict(
            f"the map is at version {current} now, your change was made on {base_version}"
        )
    check_nodes(nodes)
    changed, is_new = ProblemMap.objects.get_or_create(
        version=current + 1,
        defaults={"nodes": nodes, "note": note[:200], "created_by": actor.person},
    )
    if not is_new:  # two leads saved in the same moment
        raise Conflict(f"the map is at version {changed.version} now")
    identity.audit(actor, "map.changed", subject=changed, version=changed.version, note=note)
    return changed


def check_nodes(nodes: list[dict[str, Any]]) -> None:
    """Refuse a map that is not a tree of two levels with a name in both languages."""
    seen: set[str] = set()
    for node in nodes:
        code = str(node.get("code", ""))
        if not _CODE.fullmatch(code):
            raise Invalid(f"code: got “{code}”, wanted like “logistics.delay” (a–z, 0–9, _)")
        if code in seen:
            raise Invalid(f"code: “{code}” is there twice")
        if unknown := node.keys() - _NODE_KEYS:
            raise Invalid(f"{code}: unknown keys {', '.join(sorted(unknown))}")
        if not str(node.get("en", "")).strip() or not str(node.get("zh", "")).strip():
            raise Invalid(f"{code}: wanted a name in English and in Chinese")
        if node.get("severity", 1) not in (0, 1, 2, 3):
            raise Invalid(f"{code}: severity: got {node['severity']}, wanted 0, 1, 2 or 3")
        if "." in code and code.split(".")[0] not in seen:
            raise Invalid(f"{code}: its branch “{code.split('.')[0]}” must stand before it")
        seen.add(code)
