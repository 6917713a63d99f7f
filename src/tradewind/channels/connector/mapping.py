"""A decoded body turned into canonical events."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from tradewind.channels.connector import times
from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.model import EventRule
from tradewind.channels.contract import JSON, Event, MappingFailed
from tradewind.core import moments

log = logging.getLogger(__name__)
MAX_EVENTS = 5_000
MAX_SECONDS = 20
# PostgreSQL text can hold neither; a platform's JSON can.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
Scope = Mapping[str, JSON]


def map_events(platform: str, rules: Sequence[EventRule], context: Scope) -> list[Event]:
    """The events the rules find in a context of ``body, headers, query, account, now``.

    Raises MappingFailed with a sentence when an event lacks what it cannot be kept without.
    """
    events: list[Event] = []
    deadline = time.monotonic() + MAX_SECONDS
    for rule in rules:
        for scope in _scopes(platform, rule, context):
            events.append(_map_event(platform, rule, scope))
            if len(events) > MAX_EVENTS:
                raise MappingFailed(f"The body holds more than {MAX_EVENTS} events.")
            if time.monotonic() > deadline:
                raise MappingFailed(f"The body takes longer than {MAX_SECONDS} s to map.")
    return events


def _scopes(platform: str, rule: EventRule, context: Scope) -> Iterator[Scope]:
    """Each binding of ``each`` for which ``when`` holds."""
    for scope in _bound(platform, rule, context, depth=0):
        if _holds(platform, rule, scope):
            yield scope


def _bound(platform: str, rule: EventRule, scope: Scope, *, depth: int) -> Iterator[Scope]:
    if depth == len(rule.each):
        yield scope
        return
    name, expression = rule.each[depth]
    try:
        members = expression.find(scope)
    except ExpressionFailed as fault:
        raise MappingFailed(f"{platform} {rule.where}: each {name} failed: {fault}.") from None
    for member in members if isinstance(members, list) else ():
        if member is not None:
            yield from _bound(platform, rule, {**scope, name: member}, depth=depth + 1)


def _holds(platform: str, rule: EventRule, scope: Scope) -> bool:
    if rule.when is None:
        return True
    try:
        return is_true(rule.when.find(scope))
    except ExpressionFailed as fault:
        # No event is left to carry the warning, so it goes to the log.
        log.warning("%s %s: when counts as false: %s", platform, rule.where, fault)
        return False


def is_true(value: JSON) -> bool:
    """Whether JMESPath counts the value as true: numbers always, empty texts and lists never."""
    return value is not None and value is not False and value not in ("", [], {})


def _map_event(platform: str, rule: EventRule, scope: Scope) -> Event:
    fields: dict[str, JSON] = {}
    warnings: list[str] = []
    for name, template in rule.fields.items():
        try:
            fields[name] = canonical(name, template.render(scope))
        except ExpressionFailed as fault:
            fields[name] = None
            warnings.append(f"{platform} {rule.kind}.{name}: {fault}")
    for group in words.REQUIRED[rule.kind]:
        if not any(fields.get(name) for name in group):
            wanted = " or ".join(group)
            because = f" ({'; '.join(warnings)})" if warnings else ""
            raise MappingFailed(f"The {rule.kind} from {platform} has no {wanted}{because}.")
    _check_closed(platform, rule, fields, warnings)
    _check_times(platform, rule, fields, warnings, now=times.from_iso(scope.get("now")))
    return Event(kind=rule.kind, fields=fields, warnings=warnings)


def _check_closed(
    platform: str, rule: EventRule, fields: dict[str, JSON], warnings: list[str]
) -> None:
    for name, allowed in words.CLOSED.items():
        value = fields.get(name)
        if value is not None and value not in allowed:
            fields[name] = None
            wanted = ", ".join(sorted(allowed))
            warnings.append(f"{platform} {rule.kind}.{name}: got {value!r}, wants {wanted}")


def _check_times(
    platform: str,
    rule: EventRule,
    fields: dict[str, JSON],
    warnings: list[str],
    *,
    now: datetime | None,
) -> None:
    """A time that cannot be one is left out: the message counts, and other clocks go on."""
    for name in words.TIMES & fields.keys():
        value = fields[name]
        if value is None or value == "":
            continue
        moment = times.from_iso(value)
        if moment and not moments.is_believable(moment, now=now or times.utc_now()):
            fields[name] = None
            warnings.append(f"{platform} {rule.kind}.{name}: got {value!r}, wants {moments.WANTED}")


def canonical(name: str, value: JSON) -> JSON:
    """The value in the form its field promises: ids as strings, money as a decimal string."""
    if name == "id" or name.endswith("_id"):
        return clean(as_text(value))
    if name in words.TEXT_LISTS:
        members = value if isinstance(value, list) else [] if value is None else [value]
        return [clean(as_text(member)) for member in members if member is not None]
    if name in words.MONEY:
        return money(value)
    return clean(value)


def money(value: JSON) -> JSON:
    """A number as a decimal string without the noise of binary fractions."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return clean(value)
    return format(Decimal(str(round(value, 4))), "f").removesuffix(".0")


def clean(value: JSON) -> JSON:
    """The value with every text in it storable."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, list):
        return [clean(member) for member in value]
    if isinstance(value, Mapping):
        return {str(clean(name)): clean(member) for name, member in value.items()}
    return value
