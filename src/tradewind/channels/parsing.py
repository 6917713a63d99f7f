"""From deliveries to canonical events: whichever way they came."""

from __future__ import annotations

import structlog
from django.conf import settings

from tradewind.channels import jsonapi
from tradewind.channels.connector import polling, times
from tradewind.channels.connector.errors import ConnectorInvalid
from tradewind.channels.connector.loading import connectors
from tradewind.channels.connector.model import Connector
from tradewind.channels.connector.webhook import DeclaredInbound
from tradewind.channels.contract import Account, Event, EventKind, MappingFailed, RawRequest
from tradewind.channels.deliveries import Claimed
from tradewind.channels.mail.event import to_event
from tradewind.channels.mail.parse import parse_mail

log = structlog.get_logger(__name__)
API, MAIL, WEBHOOK, POLL = "api", "mail", "webhook", "poll:"
# What a reply needs, what shows why a mail was taken for a machine's, and an odd Date.
_KEPT_HEADERS = (
    "message_id", "references", "reply_address", "to", "cc", "auto_reason", "written_at",
)  # fmt: skip


def platforms() -> dict[str, Connector]:
    """The connector of each platform: those shipped, and the seller's own in HOME/connectors."""
    try:
        return connectors([settings.HOME / "connectors"])
    except ConnectorInvalid as error:
        # A file that is being edited must not stop the platforms that are not.
        log.warning("connector.invalid", reason=str(error))
        return connectors()


def events_of(claimed: Claimed, account: Account) -> list[Event]:
    """The canonical events of one delivery; raises MappingFailed with a sentence."""
    if claimed.transport == API:
        return [jsonapi.event_of(claimed.body)]
    if claimed.transport == MAIL:
        return [_mail_event(claimed, account)]
    connector = platforms().get(account.platform)
    if connector is None:
        raise MappingFailed(f"there is no connector file for the platform “{account.platform}”")
    if claimed.transport.startswith(POLL):
        return _polled_events(claimed, connector, account)
    return DeclaredInbound(connector).parse(account, request_of(claimed))


def poll_transport(name: str) -> str:
    """The transport of a poll's pages, as short as the column."""
    return f"{POLL}{name}"[:24]


def _polled_events(claimed: Claimed, connector: Connector, account: Account) -> list[Event]:
    name = str(claimed.envelope.get("poll") or claimed.transport.removeprefix(POLL))
    rule = next((rule for rule in connector.polls if rule.name == name), None)
    if rule is None:
        raise MappingFailed(f"{connector.title} declares no poll “{name}” any more")
    # Replayed pages are read as of the moment they came.
    came = times.from_iso(claimed.envelope.get("at")) or times.utc_now()
    return polling.parse_page(connector, account, rule, claimed.body, now=came)


def _mail_event(claimed: Claimed, account: Account) -> Event:
    problem = str(claimed.envelope.get("problem") or "")
    if problem and not claimed.body:
        raise MappingFailed(problem)
    parsed = parse_mail(claimed.body)
    came_at = times.from_iso(claimed.envelope.get("came_at"))
    event = to_event(parsed, account=account, received_at=came_at)
    if problem:
        event.warnings.append(problem)
    if event.kind is not EventKind.MESSAGE:
        return event
    fields = event.fields
    fields["id"] = fields.get("id") or claimed.dedupe_key
    fields["headers"] = {name: fields[name] for name in _KEPT_HEADERS if fields.get(name)}
    for given, attachment in zip(fields["attachments"], parsed.attachments, strict=True):
        given["data"] = attachment.data
    return event


def request_of(claimed: Claimed) -> RawRequest:
    """The request that a webhook's delivery keeps."""
    envelope = claimed.envelope
    return RawRequest(
        method=envelope.get("method", "POST"),
        url=envelope.get("url", ""),
        headers=envelope.get("headers", {}),
        query=envelope.get("query", {}),
        body=claimed.body,
    )
