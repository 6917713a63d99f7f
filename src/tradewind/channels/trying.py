"""Trying a channel before it is live: mail servers step by step, webhooks by a signed example."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tradewind.channels.connector import parts
from tradewind.channels.connector.model import SignatureRule, TimestampRule
from tradewind.channels.connector.parts import PartMissing
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, RawRequest, Verdict
from tradewind.channels.mail.checks import Check
from tradewind.channels.mail.imap import check_mailbox
from tradewind.channels.mail.smtp import check_smtp
from tradewind.channels.models import Channel
from tradewind.channels.parsing import platforms
from tradewind.channels.reaching import mailbox_of, outgoing_of
from tradewind.channels.sealing import account_of

_SECONDS = 10.0  # a person waits for the answer


@dataclass(frozen=True, slots=True)
class MailChecks:
    """The steps of both directions; an empty list where nothing is set up."""

    receive: list[Check]
    send: list[Check]

    @property
    def ok(self) -> bool:
        """Whether reading works, and sending where it is set up."""
        return bool(self.receive) and all(check.ok for check in [*self.receive, *self.send])


def try_mail(channel: Channel) -> MailChecks:
    """Reach both servers of a mailbox; nothing is changed there and nothing sent."""
    mailbox = replace(mailbox_of(channel), timeout=_SECONDS)
    outgoing = replace(outgoing_of(channel), timeout=_SECONDS)
    sender = str(channel.config.get("address") or "")
    return MailChecks(
        receive=check_mailbox(mailbox) if mailbox.host else [],
        send=check_smtp(outgoing, sender=sender) if outgoing.host else [],
    )


def try_webhook(channel: Channel, *, url: str) -> Verdict:
    """Whether an example signed with the channel's own secret would be taken."""
    connector = platforms().get(channel.platform)
    if connector is None or connector.webhook is None or connector.webhook.signature is None:
        return Verdict(ok=False, reason="This platform sends no signed requests.", status=404)
    account = account_of(channel)
    try:
        request = _signed(connector.webhook.signature, account, url=url)
    except PartMissing as fault:
        return Verdict(ok=False, reason=f"An example cannot be signed: {fault}.", status=422)
    return DeclaredInbound(connector).verify(account, request)


def _signed(rule: SignatureRule, account: Account, *, url: str) -> RawRequest:
    if rule.source is None or rule.scheme not in ("token", "hmac", "hash"):
        raise PartMissing("only the platform itself can sign its requests")
    headers = {"content-type": "application/json"}
    query: dict[str, str] = {}
    if rule.timestamp is not None:
        _put(rule.timestamp.source.kind, headers, query)[rule.timestamp.source.argument] = _now(
            rule.timestamp
        )
    request = RawRequest("POST", url, headers, b"{}", query)
    view = parts.signable(account, request)
    if rule.scheme == "token":
        value = rule.prefix + parts.secret(view, rule.key)
    else:
        value = parts.encode(rule, parts.digest(rule, view))
    _put(rule.source.kind, headers, query)[rule.source.argument] = value
    return replace(request, headers=headers, query=query)


def _put(kind: str, headers: dict[str, str], query: dict[str, str]) -> dict[str, str]:
    return headers if kind == "header" else query


def _now(rule: TimestampRule) -> str:
    now = datetime.now(UTC)
    if rule.unit == "iso":
        return now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(int(now.timestamp() * (1000 if rule.unit == "ms" else 1)))
