"""How good the shipped reader must stay: the build fails when a figure falls below its bar."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


def fallen(figures: dict[str, float]) -> list[str]:
    """The figures that are worse than their bar, a phrase each."""
    found = []
    for name, (least, most) in _bars().items():
        value = figures[name]
        if not least <= value <= most:
            found.append(f"{name} is {value:.3f}, wanted {least:g} to {most:g}")
    return found


@cache
def _bars() -> dict[str, tuple[float, float]]:
    text = (files("tradewind.nlp.evaluation") / "bars.toml").read_text("utf-8")
    return {
        name: (float(bar.get("least", 0.0)), float(bar.get("most", 1.0)))
        for name, bar in tomllib.loads(text).items()
    }
