"""An attachment fetched by the steps a connector file declares."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from tradewind.channels.connector import addresses
from tradewind.channels.connector.authorising import authorise, secrets_of, with_token
from tradewind.channels.connector.egress import (
    Answered,
    Egress,
    TransportFault,
    base_context,
    call,
    render_request,
)
from tradewind.channels.connector.errors import (
    AuthFailed,
    ExpressionFailed,
    HookMissing,
    OutgoingRefused,
)
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.model import Connector, MediaStep
from tradewind.channels.contract import JSON, Account

MAX_BYTES = 25_000_000
_STEP_BYTES = 1_000_000


class MediaFailed(Exception):
    """An attachment could not be had; ``temporary`` when asking again may help."""

    def __init__(self, sentence: str, *, temporary: bool = False) -> None:
        self.temporary = temporary
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Media:
    """A fetched file; ``mime`` is what the platform says, so not to be trusted."""

    data: bytes = field(repr=False)
    mime: str


def fetch_media(
    connector: Connector,
    account: Account,
    media_id: str,
    client: httpx.Client,
    *,
    egress: Egress | None = None,
    max_bytes: int = MAX_BYTES,
) -> Media:
    """The file of a ``media_id``; raises MediaFailed with a sentence without secrets."""
    egress = egress or Egress(client)
    if not connector.media:
        raise MediaFailed(f"{connector.title} declares no way to fetch attachments.")
    names: dict[str, JSON] = {"media_id": media_id}
    try:
        for step in connector.media:
            answer = _perform(connector, account, step, names, egress, max_bytes=max_bytes)
            if step.save:
                mime = as_text(names.get("mime")) or answer.headers.get("content-type", "")
                return Media(answer.body, mime.partition(";")[0].strip().lower())
            names |= {name: take.find(answer.json) for name, take in step.take.items()}
    except TransportFault as fault:
        raise MediaFailed(str(fault), temporary="larger" not in str(fault)) from None
    except AuthFailed as fault:
        raise MediaFailed(str(fault), temporary=fault.temporary) from None
    except (ExpressionFailed, OutgoingRefused, HookMissing) as fault:
        shown = addresses.redact(str(fault), secrets_of(account, egress))
        raise MediaFailed(f"The attachment was not fetched: {shown}") from None
    raise MediaFailed("The connector's steps save nothing.")


def _perform(
    connector: Connector,
    account: Account,
    step: MediaStep,
    names: dict[str, JSON],
    egress: Egress,
    *,
    max_bytes: int,
) -> Answered:
    holder = with_token(connector, account, egress) if step.auth else account
    context = {**base_context(holder, egress.now()), **names}
    draft = render_request(connector, holder, step.request, context, slashes=True)
    if step.auth:
        authorise(connector, holder, draft, egress)
    answer = call(egress, draft, max_bytes=max_bytes if step.save else _STEP_BYTES)
    if answer.status >= 300:
        temporary = answer.status == 429 or answer.status >= 500
        raise MediaFailed(f"The platform answered HTTP {answer.status}.", temporary=temporary)
    return answer
