"""Is this request from the platform? Judged on the raw bytes, in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from tradewind.channels.connector import keys as public_keys
from tradewind.channels.connector import parts, times
from tradewind.channels.connector.keys import PublicKeys
from tradewind.channels.connector.model import SignatureRule, TimestampRule
from tradewind.channels.connector.parts import PartMissing, Signable
from tradewind.channels.contract import Account


def fault_of(
    rule: SignatureRule, view: Signable, *, now: datetime, account: Account, keys: PublicKeys | None
) -> str:
    """Why the request is refused, in one sentence; empty when its signature holds."""
    if rule.scheme == "none":
        return "The platform does not sign its requests, so nothing that comes over HTTP is taken."
    try:
        given = _given(rule, view)
        if rule.scheme == "ecdsa_kid":
            return _fault_of_keyed(rule, view, given, account=account, keys=keys)
        if rule.timestamp is not None:
            stale = _fault_of_time(rule.timestamp, view, now=now)
            if stale:
                return stale
        return _judge(rule, view, given)
    except PartMissing as fault:
        return f"The request is refused: {fault}."


def _given(rule: SignatureRule, view: Signable) -> str:
    if rule.source is None:
        raise PartMissing("the connector names no place for the signature")
    return parts.single(view.headers if rule.source.kind == "header" else view.query, rule.source)


def _judge(rule: SignatureRule, view: Signable, given: str) -> str:
    judge: Callable[[SignatureRule, Signable, str], bool]
    judge = _is_token if rule.scheme == "token" else _is_digest
    # Every secret is tried, so the time taken does not tell which one matched.
    verdicts = [judge(rule, candidate, given) for candidate in parts.rotated(rule, view)]
    return "" if any(verdicts) else f"The signature in {_place(rule)} does not fit the request."


def _is_token(rule: SignatureRule, view: Signable, given: str) -> bool:
    wanted = rule.prefix + parts.secret(view, rule.key)
    return hmac.compare_digest(wanted.encode(), given.encode(errors="replace"))


def _is_digest(rule: SignatureRule, view: Signable, given: str) -> bool:
    wanted = parts.digest(rule, view)
    written = parts.decoded(rule, given)
    return written is not None and hmac.compare_digest(wanted, written)


def _place(rule: SignatureRule) -> str:
    return f"{rule.source.kind} {rule.source.argument}" if rule.source else "the request"


def _fault_of_time(rule: TimestampRule, view: Signable, *, now: datetime) -> str:
    values = view.headers if rule.source.kind == "header" else view.query
    text = parts.single(values, rule.source)
    moment = moment_of(rule, text)
    if moment is None:
        return f"The timestamp {text[:40]!r} is not a time in unit {rule.unit}."
    away = abs((now - moment).total_seconds())
    if away > rule.window_s:
        return f"The timestamp is {away:.0f} s away, at most {rule.window_s} s are allowed."
    return ""


def moment_of(rule: TimestampRule, text: str) -> datetime | None:
    """The moment a timestamp of this rule names, None when it is none."""
    if rule.unit == "iso":
        return times.from_iso(text)
    return times.from_unix(text, per_second=1000 if rule.unit == "ms" else 1)


def _fault_of_keyed(
    rule: SignatureRule, view: Signable, given: str, *, account: Account, keys: PublicKeys | None
) -> str:
    ticket = public_keys.read_ticket(given)
    if ticket is None:
        return f"The signature in {_place(rule)} is not a base64 ticket with kid and signature."
    kid, signature = ticket
    key = keys.find(account, rule, kid) if keys else None
    if key is None:
        return f"The public key {kid} could not be had from the platform."
    if public_keys.is_signed(key, signature=signature, body=view.body):
        return ""
    return f"The signature in {_place(rule)} does not fit the request."
