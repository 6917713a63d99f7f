"""The problem map: its tree, one branch at a time to edit, its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.roles import Right
from tradewind.triage import map_history, problem_map
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.parts.sentences import said
from tradewind.web.settings_pages.places import page, refused, saved

Node = dict[str, Any]
_TEXTS = ("en", "zh", "belongs", "not")
_MOST_NEW = 5
SEVERITIES = [(0, _("none")), (1, _("low")), (2, _("middle")), (3, _("high"))]


@screen(Right.READ)
def tree(request: DeskRequest) -> HttpResponse:
    """The map of today and its versions."""
    current = problem_map.current_map()
    versions = map_history.versions()
    rows = [
        (version, map_history.difference(former.nodes if former else [], version.nodes))
        for version, former in zip(versions, [*versions[1:], None], strict=True)
    ]
    return page(
        request,
        "map",
        at="map",
        current=current,
        branches=_branches(current.nodes),
        versions=[(version, changes if version.version > 1 else []) for version, changes in rows],
        may_edit=request.actor.may(Right.EDIT_MAP),
    )


@screen(Right.EDIT_MAP)
def branch(request: DeskRequest, code: str = "") -> HttpResponse:
    """Edit one branch with its leaves; without a code a new branch is made."""
    current = problem_map.current_map()
    nodes = [node for node in current.nodes if _branch_of(node) == code]
    if code and not nodes:
        raise Http404(code)
    if request.method != "POST":
        return _editor(request, code, nodes, base=current.version)
    nodes = read_nodes(request.POST, code)
    base = _base_of(request)
    try:
        _check_is_new(code, nodes, current.nodes)
        changed = problem_map.change_map(
            request.actor,
            replace_branch(current.nodes, nodes),
            base_version=base,
            note=request.POST.get("note", ""),
        )
    except Conflict:
        return _conflict(request, code, nodes, base=base)
    except Invalid as refusal:
        return _editor(request, code, nodes, base=base, fault=said(str(refusal)), status=422)
    return saved(
        request,
        _("Saved as version %(version)s.") % {"version": changed.version},
        "settings_map",
    )


@require_POST
@screen(Right.EDIT_MAP)
def restore(request: DeskRequest, version: int) -> HttpResponse:
    """Go back to an earlier version, as a new one."""
    try:
        map_history.restore_map(request.actor, version, base_version=_base_of(request))
    except Conflict as refusal:
        return refused(request, refusal, "settings_map")
    return saved(request, _("Version %(n)s is in use again.") % {"n": version}, "settings_map")


@screen(Right.READ)
def version(request: DeskRequest, version: int) -> HttpResponse:
    """What an earlier version has that today's has not, and the other way round."""
    current = problem_map.current_map()
    if version == current.version:
        return redirect("settings_map")
    found = map_history.get_version(version)
    return page(
        request,
        "map_version",
        at="map",
        found=found,
        current=current,
        changes=map_history.difference(found.nodes, current.nodes),
        may_edit=request.actor.may(Right.EDIT_MAP),
    )


def read_nodes(post: QueryDict, code: str) -> list[Node]:
    """The branch as it was typed; new leaves take the branch's code before theirs."""
    nodes = [_node(post, known, known) for known in post.getlist("codes")]
    root = code
    if not code:
        root = post.get("code", "").strip()
        nodes = [_node(post, "", root)]
    for number in range(_MOST_NEW):
        key = f"new{number}"
        if leaf := post.get(f"code:{key}", "").strip():
            nodes.append(_node(post, key, f"{root}.{leaf.removeprefix(f'{root}.')}"))
    return nodes


def replace_branch(nodes: Sequence[Mapping[str, Any]], branch: Sequence[Node]) -> list[Node]:
    """The whole map with one branch put in the place of its former state, or at the end."""
    root = _branch_of(branch[0]) if branch else ""
    result: list[Node] = []
    is_placed = False
    for node in nodes:
        if _branch_of(node) != root:
            result.append(dict(node))
        elif not is_placed:
            result += branch
            is_placed = True
    return result if is_placed else [*result, *branch]


def _node(post: QueryDict, key: str, code: str) -> Node:
    severity = post.get(f"severity:{key}", "1")
    return {
        "code": code,
        **{name: post.get(f"{name}:{key}", "").strip() for name in _TEXTS},
        "severity": int(severity) if severity.isdecimal() else severity,
        "active": f"active:{key}" in post,
    }


def _check_is_new(code: str, nodes: Sequence[Node], known: Sequence[Node]) -> None:
    """A new branch must not take the place of one that is there, nor be nothing."""
    if not nodes:
        raise Invalid("the branch: got nothing, wanted its names")
    root = nodes[0]["code"]
    if not code and any(node["code"] == root for node in known):
        raise Invalid(f"code: “{root}” is there already")


def _base_of(request: DeskRequest) -> int:
    given = request.POST.get("base_version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def _branch_of(node: Mapping[str, Any]) -> str:
    return str(node["code"]).partition(".")[0]


def _branches(nodes: Sequence[Node]) -> list[tuple[Node, list[Node]]]:
    return [
        (node, [leaf for leaf in nodes if leaf["code"].startswith(f"{node['code']}.")])
        for node in nodes
        if "." not in node["code"]
    ]


def _conflict(request: DeskRequest, code: str, nodes: list[Node], *, base: int) -> HttpResponse:
    """The typed branch kept, what changed meanwhile shown; saving again puts it on top."""
    current = problem_map.current_map()
    before = next((v for v in map_history.versions() if v.version == base), None)
    changes = map_history.difference(before.nodes if before else [], current.nodes)
    return _editor(
        request, code, nodes, base=current.version, newer=current, meanwhile=changes, status=409
    )


def _editor(
    request: DeskRequest,
    code: str,
    nodes: list[Node],
    *,
    base: int,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    for node in nodes:
        node.setdefault("severity", 1)
        node.setdefault("active", True)
    # A leaf that is not saved yet goes back into its row for new ones.
    known = {node["code"] for node in problem_map.current_map().nodes}
    fresh = [n for n in nodes if n["code"] not in known and "." in n["code"]]
    return page(
        request,
        "map_branch",
        at="map",
        status=status,
        code=code,
        root=nodes[0] if nodes else {"active": True, "severity": 1},
        leaves=[node for node in nodes[1:] if node["code"] in known],
        fresh=[(f"new{i}", fresh[i] if i < len(fresh) else None) for i in range(_MOST_NEW)],
        base=base,
        note=request.POST.get("note", ""),
        severities=SEVERITIES,
        **more,
    )
