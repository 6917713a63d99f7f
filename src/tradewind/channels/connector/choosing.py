"""Which declared reply fits: its condition, its window, its length."""

from __future__ import annotations

import html
import uuid
from dataclasses import dataclass
from datetime import datetime

from tradewind.channels.connector import times
from tradewind.channels.connector.egress import base_context
from tradewind.channels.connector.errors import ExpressionFailed
from tradewind.channels.connector.mapping import is_true
from tradewind.channels.connector.model import Connector, ReplyRule, WindowRule
from tradewind.channels.contract import JSON, Account, Outbound

_NAMESPACE = uuid.UUID("6f0c3d8a-5e0b-4a57-9a0e-0d7a1c9b2f11")


class NotSendable(Exception):
    """No reply fits; ``code`` is a stable word for it, the text a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Choice:
    """A reply rule and the context to render it in."""

    rule: ReplyRule
    context: dict[str, JSON]


def choose(connector: Connector, account: Account, outbound: Outbound, *, now: datetime) -> Choice:
    """The first reply that fits; raises NotSendable.

    ``outbound.context`` may hold ``conversation``, ``order``, ``template``, ``reply`` (the name
    of the wanted reply), ``last_inbound_at`` (ISO) and ``sent_since`` (count), by which windows
    are judged; without them a window counts as open and the platform decides.
    """
    if not connector.replies:
        raise NotSendable("no_reply_path", f"{connector.title} takes no replies over its API.")
    context = reply_context(account, outbound, now=now)
    wanted = outbound.context.get("reply")
    reasons: list[NotSendable] = []
    for rule in connector.replies:
        if rule.name != wanted and (wanted or rule.proactive_only or _is_fallback(connector, rule)):
            continue
        try:
            return _fit(connector, rule, outbound, context, now=now)
        except NotSendable as reason:
            reasons.append(reason)
    if reasons:
        raise reasons[0]
    raise NotSendable("no_reply_path", f"{connector.title} has no reply named {wanted!r}.")


def reply_context(account: Account, outbound: Outbound, *, now: datetime) -> dict[str, JSON]:
    """The names a reply's templates know."""
    extra = outbound.context
    buyer = {
        "id": outbound.buyer_id or None,
        "name": outbound.buyer_name or None,
        "address": outbound.buyer_address or None,
    }
    conversation = {
        "id": outbound.conversation_id,
        "author_id": buyer["id"],
        "author_name": buyer["name"],
        "subject": outbound.subject or None,
        **_table(extra.get("conversation")),
    }
    named = {name: extra[name] for name in _PASSED if name in extra}
    return {
        **base_context(account, now),
        **named,
        "text": outbound.text,
        "html": html.escape(outbound.text).replace("\n", "<br>"),
        "subject": outbound.subject or None,
        "conversation": conversation,
        "buyer": buyer,
        "reply_to": outbound.reply_to or None,
        "age_s": _age(extra.get("last_inbound_at"), now),
        "within_window": True,
        "idempotency_key": outbound.idempotency_key,
        "idempotency_uuid": str(uuid.uuid5(_NAMESPACE, outbound.idempotency_key)),
        "attachments": [{"name": file.name, "mime": file.mime} for file in outbound.attachments],
        "context": dict(extra),
    }


_PASSED = (
    "order", "message", "shipment", "shipments", "return", "template", "actions", "tags",
    "assignee_id", "group_id", "priority", "status", "reply_token",
)  # fmt: skip


def _fit(
    connector: Connector,
    rule: ReplyRule,
    outbound: Outbound,
    context: dict[str, JSON],
    *,
    now: datetime,
) -> Choice:
    if rule.window is not None:
        within = _within(rule.window, outbound, now=now)
        context = {**context, "within_window": within}
        if not within and not _is_extended(rule.window, outbound, now=now):
            return _fall_back(connector, rule.window, outbound, context)
    _check_when(rule, context)
    _check_size(rule, outbound)
    return Choice(rule, context)


def _check_when(rule: ReplyRule, context: dict[str, JSON]) -> None:
    if rule.when is None:
        return
    try:
        fits = is_true(rule.when.find(context))
    except ExpressionFailed:
        fits = False
    if not fits:
        raise NotSendable("not_allowed", f"The platform allows no {rule.name!r} reply here now.")


def _check_size(rule: ReplyRule, outbound: Outbound) -> None:
    size = len(outbound.text)
    if rule.max_chars is not None and size > rule.max_chars:
        sentence = f"The text has {size} characters, the platform takes {rule.max_chars}."
        raise NotSendable("too_long", sentence)
    if not outbound.text.strip() and not outbound.context.get("template"):
        raise NotSendable("empty", "The text is empty.")
    # No declared reply can carry files yet: sending the text alone would lose them silently.
    if outbound.attachments:
        sentence = "Files cannot be sent over this connector yet; send a link or take them out."
        raise NotSendable("attachments", sentence)


def _within(window: WindowRule, outbound: Outbound, *, now: datetime) -> bool:
    age = _age(outbound.context.get("last_inbound_at"), now)
    sent = times.to_number(outbound.context.get("sent_since")) or 0
    if window.max_messages is not None and sent >= window.max_messages:
        return False
    return age is None or age <= window.hours * 3600


def _is_extended(window: WindowRule, outbound: Outbound, *, now: datetime) -> bool:
    age = _age(outbound.context.get("last_inbound_at"), now)
    return window.after_hours is not None and age is not None and age <= window.after_hours * 3600


def _fall_back(
    connector: Connector, window: WindowRule, outbound: Outbound, context: dict[str, JSON]
) -> Choice:
    """The reply that may follow a closed window, when what it needs was handed in."""
    limit = f"{window.hours:g} h"
    if window.max_messages is not None:
        limit += f" or {window.max_messages} messages"
    sentence = f"The reply window of {limit} after the buyer's last message is closed"
    after = next((rule for rule in connector.replies if rule.name == window.after), None)
    if after is None:
        raise NotSendable("window_closed", f"{sentence}.")
    if not outbound.context.get(window.after):
        raise NotSendable("window_closed", f"{sentence}; only a {window.after} may be sent.")
    _check_when(after, context)
    return Choice(after, context)


def _is_fallback(connector: Connector, rule: ReplyRule) -> bool:
    """Whether a reply is only meant for after another one's window."""
    return any(other.window and other.window.after == rule.name for other in connector.replies)


def _age(moment: JSON, now: datetime) -> float | None:
    found = times.from_any(moment)
    return (now - found).total_seconds() if found else None


def _table(value: JSON) -> dict[str, JSON]:
    return dict(value) if isinstance(value, dict) else {}
