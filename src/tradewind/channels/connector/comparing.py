"""Wanted and got events compared, and the difference written so that a person sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tradewind.channels.contract import JSON, Event


def differences(wanted: Sequence[Mapping[str, JSON]], got: Sequence[Event]) -> list[str]:
    """Each wanted event that no event matches, with how the nearest one differs.

    An event matches when it has every wanted field with that value; more fields may be there.
    """
    if not wanted and got:
        return [f"wanted no events, got {len(got)}: {', '.join(event.kind for event in got)}"]
    left = list(got)
    found: list[str] = []
    for number, want in enumerate(wanted):
        match = next((event for event in left if not _differs(want, event)), None)
        if match is not None:
            left.remove(match)
        else:
            found.extend(_nearest(number, want, left))
    return found


def _nearest(number: int, want: Mapping[str, JSON], left: Sequence[Event]) -> list[str]:
    label = f"event {number + 1} ({want.get('kind', 'no kind')})"
    same = [event for event in left if event.kind == want.get("kind")]
    if not same:
        kinds = ", ".join(event.kind for event in left) or "none"
        return [f"{label}: is not there; events left: {kinds}"]
    lines = min((_differs(want, event) for event in same), key=len)
    return [f"{label}: {line}" for line in lines]


def _differs(want: Mapping[str, JSON], event: Event) -> list[str]:
    has = {**event.fields, "kind": event.kind.value}
    lines: list[str] = []
    for name, value in want.items():
        lines += _compare(name, value, has.get(name))
    return lines


def _compare(path: str, want: JSON, got: JSON) -> list[str]:
    if isinstance(want, Mapping) and isinstance(got, Mapping):
        nested = (_compare(f"{path}.{name}", value, got.get(name)) for name, value in want.items())
        return [line for lines in nested for line in lines]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = enumerate(zip(want, got, strict=True))
        nested = (_compare(f"{path}[{number}]", *pair) for number, pair in pairs)
        return [line for lines in nested for line in lines]
    # 1 and true are equal in Python, not in JSON.
    if want == got and isinstance(want, bool) == isinstance(got, bool):
        return []
    return [f"{path}: wanted {_shown(want)}, got {_shown(got)}"]


def _shown(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"
