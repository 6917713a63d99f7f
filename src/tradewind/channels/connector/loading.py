"""Connector files: read, checked as a whole, and listed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.errors import ConnectorInvalid
from tradewind.channels.connector.functions import ConnectorFunctions
from tradewind.channels.connector.model import Connector, Limits
from tradewind.channels.connector.reading_outgoing import read_media, read_poll, read_reply
from tradewind.channels.connector.reading_rest import (
    read_auth,
    read_clock,
    read_inbound,
    read_limits,
    read_reply_by,
)
from tradewind.channels.connector.reading_webhook import read_webhook
from tradewind.channels.connector.section import Section
from tradewind.channels.contract import JSON

SHIPPED = Path(__file__).parent.parent / "connectors"
FORMAT = 1
MAX_BYTES = 500_000
_PLATFORM = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ACCOUNT = re.compile(r"\baccount\.\"?(\w+)|\b(?:account|config):(\w+)")
# Settings every connector understands; they are not asked of the file's reader.
_COMMON = frozenset({"api_origin", "callback_url"})


def load_connector(path_or_text: Path | str, *, source: str = "") -> Connector:
    """The connector of a TOML file, or of TOML text.

    Raises ConnectorInvalid that names the file and, for every fault, the key, what was got
    and what is wanted. A string is a path when it has no line break and ends in ``.toml``.
    """
    if isinstance(path_or_text, str) and _is_path(path_or_text):
        path_or_text = Path(path_or_text)
    if isinstance(path_or_text, Path):
        source = source or path_or_text.name
        text = _read(path_or_text, source)
    else:
        source, text = source or "<text>", path_or_text
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConnectorInvalid(source, [f"is not TOML: {fault}"]) from None
    return _build(data, source=source, text=text)


def connectors(folders: Iterable[Path] = ()) -> dict[str, Connector]:
    """Connectors by platform: the shipped ones, and over them those in ``folders``.

    Each file is read once and kept until it changes on disk. Raises ConnectorInvalid.
    """
    found: dict[str, Connector] = {}
    for folder in (SHIPPED, *folders):
        for path in sorted(folder.glob("*.toml")):
            connector = _cached(path, path.stat().st_mtime_ns)
            found[connector.platform] = connector
    return found


@cache
def _cached(path: Path, _changed_ns: int) -> Connector:
    return load_connector(path)


def _is_path(text: str) -> bool:
    return "\n" not in text and text.endswith(".toml")


def _read(path: Path, source: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise ConnectorInvalid(source, [f"cannot be read: {fault.strerror}"]) from None
    if len(raw) > MAX_BYTES:
        raise ConnectorInvalid(source, [f"has {len(raw)} bytes, at most {MAX_BYTES} are read"])
    try:
        return raw.decode()
    except UnicodeDecodeError as fault:
        raise ConnectorInvalid(source, [f"is not UTF-8 at byte {fault.start}"]) from None


def _build(data: Mapping[str, JSON], *, source: str, text: str) -> Connector:
    issues: list[str] = []
    functions = ConnectorFunctions(_read_tables(data.get("table"), issues))
    top = Section(data, "", issues, functions)
    top.raw("table")
    secrets = top.strings("secrets")
    polls = [poll.closed(read_poll) for poll in top.tables("poll")]
    fetches = [fetch.closed(read_poll) for fetch in top.tables("fetch")]
    media = [media.closed(read_media) for media in top.tables("media")]
    top.part("inbound", read_inbound)
    _check_top(top)
    connector = Connector(
        source=source,
        platform=top.text("platform"),
        title=top.text("title") or top.text("platform"),
        base_url=top.template("base_url", words.AUTH_NAMES, strict_places=True),
        secrets=secrets,
        hosts=top.strings("hosts"),
        auth=top.part("auth", lambda s: read_auth(s, secrets=secrets)),
        webhook=top.part("webhook", lambda s: read_webhook(s, secrets=secrets)),
        polls=tuple(poll for poll in polls if poll is not None),
        fetches=tuple(fetch for fetch in fetches if fetch is not None),
        media=media[0] if media else (),
        replies=tuple(reply.closed(read_reply) for reply in top.tables("reply")),
        actions=tuple(action.closed(read_reply) for action in top.tables("action")),
        reply_by=top.part("reply_by", read_reply_by),
        limits=top.part("limits", read_limits) or Limits(),
        clocks=tuple(clock.closed(read_clock) for clock in top.tables("clock")),
        tables=functions.tables,
        settings=_settings(text),
        functions=functions,
    )
    top.close()
    _check_whole(top, connector)
    if issues:
        raise ConnectorInvalid(source, issues)
    return connector


def _check_top(top: Section) -> None:
    version = top.raw("format")
    if version != FORMAT:
        top.issue("format", f"got {version!r}, wants {FORMAT}")
    platform = top.text("platform", required=True)
    if platform and not _PLATFORM.fullmatch(platform):
        top.issue("platform", f"got {platform!r}, wants up to 40 lower-case letters, digits or _")
    if len(top.tables("media")) > 1:
        top.issue("media", "one [[media]] with all its steps is wanted")


def _check_whole(top: Section, connector: Connector) -> None:
    sends = connector.replies or connector.polls or connector.actions
    if sends and connector.base_url is None:
        top.issue("base_url", "is missing; polls and replies need it")
    for kind, rows in (("poll", connector.polls), ("reply", connector.replies)):
        names = [row.name for row in rows]
        for name in sorted({name for name in names if names.count(name) > 1}):
            top.issue(kind, f"the name {name!r} is used twice")


def _read_tables(data: JSON, issues: list[str]) -> dict[str, dict[str, JSON]]:
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(rows, dict) for rows in data.values()):
        issues.append("table: wants [table.NAME] with raw value = canonical value")
        return {}
    for name, rows in data.items():
        issues.extend(
            f"table.{name}.{key}: got {value!r}, wants a plain value"
            for key, value in rows.items()
            if isinstance(value, (dict, list))
        )
    return data


def _settings(text: str) -> tuple[str, ...]:
    """The account settings a file reads, in order of first mention."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    names = (first or second for first, second in _ACCOUNT.findall(code))
    return tuple(name for name in dict.fromkeys(names) if name not in _COMMON)
