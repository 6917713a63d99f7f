"""Every way of spoiling a request that its signature must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.keys import GivenKeys
from tradewind.channels.connector.model import Connector, Part, SignatureRule
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, RawRequest, Verdict


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A request that must be refused, and what was done to it."""

    what: str
    account: Account
    request: RawRequest
    now: datetime


def inbound_at(connector: Connector, now: datetime, keys: Mapping[str, object]) -> DeclaredInbound:
    """The way in with the clock standing at ``now`` and given public keys."""
    return DeclaredInbound(connector, now=lambda: now, keys=GivenKeys(keys))


def not_refused(connector: Connector, spoiled: Spoiled, keys: Mapping[str, object]) -> str:
    """What is wrong when a spoiled request is taken; empty when it is refused as it should."""
    inbound = inbound_at(connector, spoiled.now, keys)
    verdict: Verdict = inbound.verify(spoiled.account, spoiled.request)
    if verdict.ok:
        return f"{spoiled.what}: was accepted, must be refused"
    if verdict.status < 400 or not verdict.reason:
        return f"{spoiled.what}: refused with status {verdict.status} and no reason"
    return ""


def spoil(
    rule: SignatureRule, account: Account, request: RawRequest, *, now: datetime
) -> Iterator[Spoiled]:
    """The request spoiled in every way this rule should notice."""
    if rule.source is None or rule.scheme in {"none", "hook"}:
        return
    yield from _bodies(rule, account, request, now)
    yield from _values(rule.source, "signature", account, request, now)
    if rule.timestamp is not None:
        yield from _values(rule.timestamp.source, "timestamp", account, request, now)
        away = timedelta(seconds=rule.timestamp.window_s + 60)
        yield Spoiled("timestamp too old", account, request, now + away)
        yield Spoiled("timestamp in the future", account, request, now - away)
    for name in _secret_names(rule):
        wrong = {**account.secrets, name: account.secrets.get(name, "") + "x"}
        yield Spoiled(f"wrong secret {name}", replace(account, secrets=wrong), request, now)
        none = {key: value for key, value in account.secrets.items() if key != name}
        yield Spoiled(f"no secret {name}", replace(account, secrets=none), request, now)


def covers_body(rule: SignatureRule) -> bool:
    """Whether the signature says anything about the body."""
    kinds = {part.kind for part in rule.parts}
    return rule.scheme == "ecdsa_kid" or bool(kinds & words.COVERS_BODY)


def _bodies(
    rule: SignatureRule, account: Account, request: RawRequest, now: datetime
) -> Iterator[Spoiled]:
    if not covers_body(rule) or not request.body:
        return
    middle = len(request.body) // 2
    flipped = bytes([request.body[middle] ^ 1])
    body = request.body[:middle] + flipped + request.body[middle + 1 :]
    yield Spoiled("one byte of the body changed", account, replace(request, body=body), now)
    longer = replace(request, body=request.body + b" ")
    yield Spoiled("one byte added to the body", account, longer, now)


def _values(
    part: Part, label: str, account: Account, request: RawRequest, now: datetime
) -> Iterator[Spoiled]:
    name = part.argument
    values = request.headers if part.kind == "header" else request.query
    value = values.get(name, "")
    changes: Mapping[str, Callable[[], str | None]] = {
        "missing": lambda: None,
        "empty": lambda: "",
        "sent twice": lambda: f"{value}\x00{value}",
        "changed": lambda: value[:-2] + ("A" if value[-2:-1] != "A" else "B") + value[-1:],
    }
    for how, change in changes.items():
        changed = {key: text for key, text in values.items() if key != name}
        text = change()
        if text is not None:
            changed[name] = text
        new = (
            replace(request, headers=changed)
            if part.kind == "header"
            else replace(request, query=changed)
        )
        yield Spoiled(f"{label} {part.kind} {name} {how}", account, new, now)


def _secret_names(rule: SignatureRule) -> list[str]:
    names = [part.argument for part in rule.parts if part.kind == "secret"]
    return list(dict.fromkeys([*([rule.key] if rule.key else []), *names]))
