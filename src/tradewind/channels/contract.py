"""What a channel promises: raw deliveries in, canonical events out; replies in, receipts out.

Pure: no Django, no tables. A connector is given bytes and an account and answers with
dataclasses, so it can be tested by tables of cases and run on another machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

JSON = Any  # what json.loads may give


class EventKind(StrEnum):
    """Canonical kinds of event. Fields of each: connector reference §9.1."""

    MESSAGE = "message"
    CONVERSATION = "conversation"
    ORDER = "order"
    SHIPMENT = "shipment"
    RETURN = "return"
    CASE = "case"
    PRIVACY = "privacy"
    REVIEW = "review"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Account:
    """One configured channel as a connector sees it.

    ``config`` holds plain settings (``account.shop`` in a template), ``secrets`` the decrypted
    secrets by name; a rotated secret keeps its former value under ``NAME.previous``.
    """

    id: str
    platform: str
    config: Mapping[str, JSON] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RawRequest:
    r"""An HTTP request as it came over the wire; ``headers`` has lower-case names.

    A header sent twice is kept as both values joined by ``\x00``, which no signature matches.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is from the platform; ``reason`` says in one sentence why not."""

    ok: bool
    reason: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform wants to hear back at once."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


@dataclass(slots=True)
class Event:
    """One canonical event. ``fields`` follow the connector reference §9.1.

    Times in ``fields`` are ISO 8601 UTC strings ending in ``Z``, money a decimal string,
    ids strings. ``warnings`` name the fields whose mapping failed.
    """

    kind: EventKind
    fields: dict[str, JSON]
    warnings: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The platform's id of the thing, as a string; empty when it gave none."""
        return str(self.fields.get("id") or "")


@dataclass(frozen=True, slots=True)
class Outbound:
    """A reply to be sent: what a connector needs to know, nothing of our tables."""

    text: str
    conversation_id: str
    idempotency_key: str
    buyer_id: str = ""
    buyer_address: str = ""
    buyer_name: str = ""
    subject: str = ""
    reply_to: str = ""
    references: Sequence[str] = ()
    attachments: Sequence[OutboundFile] = ()
    context: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutboundFile:
    """A file that goes with a reply."""

    name: str
    mime: str
    data: bytes = field(repr=False)


class SendStatus(StrEnum):
    """How a send ended. Only ``ACCEPTED`` means that the platform said yes."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform answered to a send.

    ``retry_after`` in seconds. ``uncertain`` is true when the request may have reached the
    platform (time-out after the body was sent): a retry must first look or use its idempotency.
    """

    status: SendStatus
    id: str = ""
    error_code: str = ""
    error_text: str = ""
    retry_after: float | None = None
    uncertain: bool = False


class MappingFailed(Exception):
    """A body is not what the platform promises; the delivery is kept and can be replayed."""


class Inbound(Protocol):
    """Webhook side of a connector."""

    platform: str

    def verify(self, account: Account, request: RawRequest) -> Verdict:
        """Judge the signature on the raw bytes; never raises for bad input."""
        ...

    def answer(self, account: Account, request: RawRequest) -> Answer:
        """The acknowledgement, or the answer to a challenge."""
        ...

    def dedupe_key(self, account: Account, request: RawRequest) -> str:
        """The platform's key of this delivery; a hash of the body when it gives none."""
        ...

    def parse(self, account: Account, request: RawRequest) -> list[Event]:
        """Canonical events; raises MappingFailed with a sentence if the body is not understood."""
        ...


class Sender(Protocol):
    """Reply side of a connector."""

    @property
    def platform(self) -> str:
        """The platform it speaks to."""
        ...

    @property
    def max_chars(self) -> int | None:
        """Characters that a reply may have; None when there is no limit."""
        ...

    def send(self, account: Account, outbound: Outbound) -> Receipt:
        """Send once; never raises for what the platform or the network does."""
        ...
