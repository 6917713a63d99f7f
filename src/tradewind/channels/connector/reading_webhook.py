"""The ``[webhook]`` table of a connector file and the events in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.expressions import Expression
from tradewind.channels.connector.model import Ack, ChallengeRule, EventRule, WebhookRule
from tradewind.channels.connector.reading_signature import read_signature
from tradewind.channels.connector.section import Section
from tradewind.channels.connector.templates import Constant, Template
from tradewind.channels.contract import EventKind

_NAME = re.compile(r"[A-Za-z_]\w*")


def read_webhook(section: Section, *, secrets: Collection[str]) -> WebhookRule:
    """The way in: how a request is verified, acknowledged and mapped."""
    return WebhookRule(
        body=section.choice("body", {"json", "form", "xml"}, "json"),
        signature=section.part("signature", lambda s: read_signature(s, secrets=secrets)),
        dedupe=section.expression("dedupe", words.WEBHOOK_NAMES),
        ack=section.part("ack", _read_ack) or Ack(),
        challenge=section.part("challenge", lambda s: _read_challenge(s, secrets=secrets)),
        events=read_events(section),
        decode=read_hook(section, "decode"),
        transport=read_hook(section, "transport"),
        ping_field=_read_ping(section),
    )


def read_events(section: Section) -> tuple[EventRule, ...]:
    """The ``[[….event]]`` tables under a webhook or a poll."""
    events = (event.closed(_read_event) for event in section.tables("event"))
    return tuple(event for event in events if event is not None)


def read_hook(section: Section, key: str) -> str:
    """The name behind ``hook:NAME``, empty when the key is absent."""
    text = section.text(key)
    if text and not text.startswith("hook:"):
        section.issue(key, f"got {text!r}, wants hook:NAME")
    return text.removeprefix("hook:")


def _read_ack(section: Section) -> Ack:
    return Ack(
        status=section.whole("status", 200, least=200) or 200,
        body=section.text("body"),
        content_type=section.text("content_type", "text/plain"),
        within_ms=section.whole("within_ms"),
        bad_signature_status=section.whole("bad_signature_status", 401, least=400) or 401,
    )


def _read_ping(section: Section) -> str:
    text = section.text("accept_unsigned_ping")
    field = text.removeprefix("form field ")
    if text and (field == text or not _NAME.fullmatch(field)):
        section.issue("accept_unsigned_ping", f"got {text!r}, wants 'form field NAME'")
    return field


def _read_challenge(section: Section, *, secrets: Collection[str]) -> ChallengeRule | None:
    when = section.expression("when", words.WEBHOOK_NAMES, required=True)
    digest = section.part("digest", lambda s: read_signature(s, secrets=secrets, carried=False))
    check = section.expression("check", words.CHALLENGE_NAMES)
    signed = section.flag("signed")
    reply = section.expression("reply", words.CHALLENGE_NAMES)
    reply_json = section.template("reply_json", words.CHALLENGE_NAMES)
    method = section.choice("method", {"GET", "POST"}, "GET")
    content_type = section.text("content_type", "application/json" if reply_json else "text/plain")
    if not (digest or check or signed):
        section.issue("check", "is missing; a challenge wants check, signed = true or digest")
    if not (reply or reply_json):
        section.issue("reply", "is missing; a challenge wants reply or reply_json")
    if when is None:
        return None
    return ChallengeRule(method, when, check, signed, digest, reply, reply_json, content_type)


def _read_event(section: Section) -> EventRule | None:
    kind = section.choice("kind", {kind.value for kind in EventKind})
    each = _read_each(section)
    names = words.WEBHOOK_NAMES | {name for name, _ in each}
    when = section.expression("when", names)
    table = section.table("fields")
    if kind not in set(EventKind):
        return None
    if table is None:
        section.issue("fields", "is missing, wants a table of fields")
        return None
    fields = _read_fields(table, EventKind(kind), names)
    return EventRule(section.path, EventKind(kind), each, when, fields)


def _read_each(section: Section) -> tuple[tuple[str, Expression], ...]:
    pairs = section.raw("each") or []
    if not isinstance(pairs, list):
        section.issue("each", f"got {pairs!r}, wants a list of [name, expression]")
        return ()
    bound: list[tuple[str, Expression]] = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and _is_name(pair[0])):
            section.issue("each", f"got {pair!r}, wants [name, expression]")
            continue
        names = words.WEBHOOK_NAMES | {name for name, _ in bound}
        if pair[0] in names:
            section.issue("each", f"{pair[0]!r} is bound already")
        expression = section.compiled("each", pair[1], names)
        if expression is not None:
            bound.append((pair[0], expression))
    return tuple(bound)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _read_fields(table: Section, kind: EventKind, names: Collection[str]) -> Mapping[str, Template]:
    fields: dict[str, Template] = {}
    for name in table.data:
        if name not in words.FIELDS[kind]:
            known = ", ".join(sorted(words.FIELDS[kind]))
            table.issue(name, f"unknown field of a {kind}; it knows: {known}")
        template = table.template(name, names, strict_places=True)
        if template is not None:
            fields[name] = template
            _check_constant(table, name, template)
    for group in words.REQUIRED[kind]:
        if not set(group) & set(table.data):
            table.issue(" or ".join(group), f"is missing; a {kind} cannot be kept without it")
    return fields


def _check_constant(table: Section, name: str, template: Template) -> None:
    allowed = words.CLOSED.get(name)
    if isinstance(template, Constant) and allowed and template.value not in allowed:
        wanted = ", ".join(sorted(allowed))
        table.issue(name, f"got {template.value!r}, wants one of {wanted}")
