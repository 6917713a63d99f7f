"""How good the shipped reader must stay: the build fails when a figure falls below its bar."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def fallen(figures: dict[str, float], *, slack: float = 0.0) -> list[str]:
    """The figures that are worse than their bar, a phrase each.

    ``slack`` is what a small sample is allowed beyond the bar; figures that only the whole can
    tell (``whole``) are then left out.
    """
    found = []
    for name, bar in _bars().items():
        if slack and bar.get("whole"):
            continue
        least, most = float(bar.get("least", 0)), float(bar.get("most", 1))
        value = figures[name]
        if not least - slack <= value <= most + slack:
            found.append(f"{name} is {value:.3f}, wanted {least:g} to {most:g}")
    return found


@cache
def _bars() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("tradewind.nlp.evaluation") / "bars.toml").read_text("utf-8"))
