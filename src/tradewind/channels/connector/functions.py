"""The twelve functions a connector file may call besides those of JMESPath.

All are pure and total: what they cannot read becomes null, never an error.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache

from jmespath.functions import Functions, signature

from tradewind.channels.connector import times
from tradewind.channels.connector.markup import html_text
from tradewind.channels.contract import JSON

Tables = Mapping[str, Mapping[str, JSON]]
MATCHED_CHARS = 500
_PARSED_CHARS = 1_000_000


def as_text(value: JSON) -> str | None:
    """The value as a string without JSON's quotes; null stays null."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pattern_fault(pattern: str) -> str:
    """Why a regular expression is refused (it could take very long), or an empty string."""
    if len(pattern) > 200:
        return "longer than 200 characters"
    try:
        re.compile(pattern)
    except re.error as fault:
        return str(fault)
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "c", pattern)
    if re.search(r"\)[*+{]", bare):
        return "a repeated group"
    if len(re.findall(r"[*+]|\{\d*,\}", bare)) > 2:
        return "more than two open repeats"
    return ""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    return None if pattern_fault(pattern) else re.compile(pattern)


class ConnectorFunctions(Functions):
    """JMESPath's functions and the closed list of ours, with the tables of one connector."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @signature({"types": []})
    def _func_parse_json(self, value: JSON) -> JSON:
        if not isinstance(value, str) or len(value) > _PARSED_CHARS:
            return value if isinstance(value, (dict, list)) else None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None

    @signature({"types": []})
    def _func_ts(self, value: JSON) -> str | None:
        moment = times.from_unix(value)
        return times.to_iso(moment) if moment else None

    @signature({"types": []})
    def _func_ts_ms(self, value: JSON) -> str | None:
        moment = times.from_unix(value, per_second=1000)
        return times.to_iso(moment) if moment else None

    @signature({"types": []})
    def _func_ts_iso(self, value: JSON) -> str | None:
        moment = times.from_iso(value)
        return times.to_iso(moment) if moment else None

    @signature({"types": []}, {"types": ["string"]})
    def _func_ts_fmt(self, value: JSON, pattern: str) -> str | None:
        moment = times.from_format(value, pattern)
        return times.to_iso(moment) if moment else None

    @signature({"types": []}, {"types": ["string"]})
    def _func_lookup(self, value: JSON, table: str) -> JSON:
        rows = self.tables.get(table, {})
        key = as_text(value)
        return None if key is None else rows.get(key, rows.get("*"))

    @signature({"types": []}, {"types": []})
    def _func_get(self, holder: JSON, key: JSON) -> JSON:
        name = as_text(key)
        return holder.get(name) if isinstance(holder, dict) else None

    @signature({"types": []}, {"types": ["string"]})
    def _func_match(self, value: JSON, pattern: str) -> str | None:
        compiled = _compiled(pattern)
        if not isinstance(value, str) or compiled is None:
            return None
        found = compiled.search(value[:MATCHED_CHARS])
        if found is None:
            return None
        return found.group(1) if compiled.groups else found.group(0)

    @signature({"types": []})
    def _func_html_text(self, value: JSON) -> str | None:
        return html_text(value) if isinstance(value, str) else None

    @signature({"types": []})
    def _func_compact(self, value: JSON) -> list[JSON]:
        members = value if isinstance(value, list) else []
        return [member for member in members if member is not None and member != ""]

    @signature({"types": []})
    def _func_str(self, value: JSON) -> str | None:
        return as_text(value)

    @signature({"types": []})
    def _func_sha(self, value: JSON) -> str | None:
        text = as_text(value)
        return None if text is None else hashlib.sha256(text.encode(errors="replace")).hexdigest()
