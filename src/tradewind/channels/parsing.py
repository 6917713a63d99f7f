"""From deliveries to canonical events: whichever way they came."""

from __future__ import annotations

from tradewind.channels import jsonapi
from tradewind.channels.connector.loading import connectors
from tradewind.channels.contract import Account, Event, MappingFailed, RawRequest
from tradewind.channels.deliveries import Claimed
from tradewind.channels.mail.events import to_event
from tradewind.channels.mail.parse import parse_mail

API, MAIL = "api", "mail"


def events_of(claimed: Claimed, account: Account) -> list[Event]:
    """The canonical events of one delivery; raises MappingFailed with a sentence."""
    if claimed.transport == API:
        return [jsonapi.event_of(claimed.body)]
    if claimed.transport == MAIL:
        return to_event(parse_mail(claimed.body), account=account)
    connector = connectors().get(account.platform)
    if connector is None:
        raise MappingFailed(f"there is no connector file for the platform “{account.platform}”")
    return connector.parse(account, _request_of(claimed))


def _request_of(claimed: Claimed) -> RawRequest:
    envelope = claimed.envelope
    return RawRequest(
        method=envelope.get("method", "POST"),
        url=envelope.get("url", ""),
        headers=envelope.get("headers", {}),
        query=envelope.get("query", {}),
        body=claimed.body,
    )


