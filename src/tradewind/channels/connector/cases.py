"""Example cases: a body, its request and the events it should become.

The format is a ``NAME.meta.json`` beside the body: ``platform``, ``transport`` (webhook, poll,
sqs …), ``body_file``, ``request`` {method, url, headers}, ``test_secrets``, ``account``,
``public_keys``, ``now``, ``connector`` (a TOML file beside it), and what is wanted: ``expect``
(events), ``expect_refused`` (true) or ``expect_error`` (words of the sentence).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tradewind.channels.connector import times
from tradewind.channels.connector.loading import connectors, load_connector
from tradewind.channels.connector.model import Connector
from tradewind.channels.contract import JSON, Account, RawRequest

_KINDS: Mapping[str, type] = {
    "platform": str,
    "transport": str,
    "body_file": str,
    "connector": str,
    "now": str,
    "request": dict,
    "response_to": dict,
    "test_secrets": dict,
    "account": dict,
    "public_keys": dict,
    "expect": list,
    "expect_refused": bool,
    "expect_error": str,
    "event": str,
    "note": str,
}


class CaseBroken(ValueError):
    """A case cannot be run as it is written; the text says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One example case, read."""

    path: Path
    platform: str
    transport: str
    connector: Connector
    account: Account
    request: RawRequest
    public_keys: Mapping[str, JSON]
    expect: Sequence[Mapping[str, JSON]] | None
    expect_error: str
    expect_refused: bool
    now: datetime | None = None
    answered_url: str = field(default="")


def read_case(path: Path) -> Case:
    """The case of a meta file; raises CaseBroken, or ConnectorInvalid from its connector."""
    meta = _read_meta(path)
    body_path = path.parent / meta["body_file"]
    if not body_path.is_file():
        raise CaseBroken(f"body_file {meta['body_file']!r} is not beside the meta file")
    asked = meta.get("request") or {}
    url = str(asked.get("url") or "https://desk.example/hooks/check")
    return Case(
        path=path,
        platform=meta["platform"],
        transport=meta.get("transport", "webhook"),
        connector=_find_connector(path, meta),
        account=Account(
            id="check",
            platform=meta["platform"],
            config=meta.get("account", {}),
            secrets={name: str(value) for name, value in meta.get("test_secrets", {}).items()},
        ),
        request=RawRequest(
            method=str(asked.get("method") or "POST"),
            url=url,
            headers={name.lower(): str(v) for name, v in (asked.get("headers") or {}).items()},
            body=body_path.read_bytes(),
            query=dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        ),
        public_keys=meta.get("public_keys", {}),
        expect=meta.get("expect"),
        expect_error=meta.get("expect_error", ""),
        expect_refused=meta.get("expect_refused", False),
        now=_read_now(meta),
        answered_url=str((meta.get("response_to") or {}).get("url") or ""),
    )


def _read_meta(path: Path) -> dict[str, JSON]:
    try:
        meta = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as fault:
        raise CaseBroken(f"is not readable JSON: {fault}") from None
    if not isinstance(meta, dict):
        raise CaseBroken("wants a JSON object")
    _check_meta(meta)
    return meta


def _check_meta(meta: Mapping[str, JSON]) -> None:
    for name in ("platform", "body_file"):
        if name not in meta:
            raise CaseBroken(f"{name} is missing")
    for name, kind in _KINDS.items():
        if name in meta and not isinstance(meta[name], kind):
            raise CaseBroken(f"{name}: got {meta[name]!r}, wants {_word(kind)}")
    if not all(isinstance(event, dict) for event in meta.get("expect", ())):
        raise CaseBroken("expect: wants a list of objects")
    if not {"expect", "expect_error", "expect_refused"} & set(meta):
        raise CaseBroken("wants expect, expect_error or expect_refused")


def _word(kind: type) -> str:
    return {str: "a string", dict: "an object", list: "a list", bool: "true or false"}[kind]


def _read_now(meta: Mapping[str, JSON]) -> datetime | None:
    text = meta.get("now")
    now = times.from_iso(text) if text else None
    if text and now is None:
        raise CaseBroken(f"now: got {text!r}, wants a moment such as 2026-09-26T10:00:01Z")
    return now


def _find_connector(path: Path, meta: Mapping[str, JSON]) -> Connector:
    """The connector a case names, or the one of its platform beside it, shipped or near."""
    platform = meta["platform"]
    if "connector" in meta:
        return load_connector((path.parent / meta["connector"]).resolve())
    beside = path.parent / f"{platform}.toml"
    if beside.is_file():
        return load_connector(beside)
    shipped = connectors()
    if platform in shipped:
        return shipped[platform]
    for folder in list(path.resolve().parents)[:3]:
        for near in (folder / f"{platform}.toml", folder / "connectors" / f"{platform}.toml"):
            if near.is_file():
                return load_connector(near)
    raise CaseBroken(
        f"no connector for platform {platform!r}: put {platform}.toml beside the case; "
        f"shipped: {', '.join(sorted(shipped))}"
    )
