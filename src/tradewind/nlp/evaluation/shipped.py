"""The report of the reader that ships: how right it was when it was made."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@cache
def shipped_report() -> dict[str, Any] | None:
    """As ``tradewind evaluate --json`` wrote it, in the form of ``Report``; None: left out."""
    path = files("tradewind.nlp") / "models" / "report.json"
    found: dict[str, Any] | None = orjson.loads(path.read_bytes()) if path.is_file() else None
    return found
