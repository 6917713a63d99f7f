"""What understanding promises: texts in, readings out, every label with the words that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

INTENTS = (
    "logistics.tracking", "logistics.delay", "logistics.customs", "logistics.delivery_failed",
    "logistics.not_received", "logistics.damaged", "product.defect", "product.malfunction",
    "product.size", "product.not_as_described", "product.wrong_item", "payment.refund_request",
    "payment.refund_status", "payment.charge_dispute", "payment.failed", "policy.duties_tax",
    "policy.prohibited", "policy.returns_warranty", "policy.privacy", "order.change",
    "order.cancel", "order.invoice", "presale.product", "service.no_response",
    "service.attitude", "feedback.praise", "other.spam", "other.unclear",
)  # fmt: skip
COMPLAINTS = ("none", "implicit", "explicit")
EMOTIONS = ("angry", "anxious", "disappointed", "calm", "pleased")
THREATS = ("bad_review", "platform_claim", "chargeback", "legal", "public_exposure")
URGENCIES = ("low", "normal", "high", "critical")


@dataclass(frozen=True, slots=True)
class Known:
    """What the order and the buyer's record say: names and addresses as written there."""

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Text:
    """One message to read. ``site`` is the store's country or language site, a hint only.

    ``known`` is what the order says of the buyer: what is masked before a text leaves the machine.
    """

    text: str
    id: str | int | None = None
    subject: str = ""
    channel: str = ""
    site: str = ""
    known: Known = NOTHING


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words behind a label: ``text[start:end]`` of the message as it was given (code points).

    ``label`` is an intent code, ``complaint:explicit``, ``emotion:angry``, ``threat:legal``,
    ``urgency:high``, or an entity kind (``order_id``, ``tracking_id``, ``sku``, ``amount``,
    ``email``, ``phone``).
    """

    label: str
    start: int
    end: int


@dataclass(slots=True)
class Entities:
    """Numbers and addresses found in the text, in order of appearance, without repeats."""

    order_ids: list[str] = field(default_factory=list)
    tracking_ids: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What a reader says of one message. ``confidence`` (0–1) is of the intent.

    ``also`` holds further intents, likeliest first; ``model`` names the version that read.
    """

    language: str
    intent: str
    confidence: float
    also: list[str]
    complaint: str
    emotion: str
    threats: list[str]
    urgency: str
    entities: Entities
    evidence: list[Evidence]
    model: str

    def as_dict(self) -> dict[str, Any]:
        """The promised JSON form (design §7), without the id."""
        return asdict(self)


class Reader(Protocol):
    """Reads messages in batches: order kept, one reading a text, never raises on any text."""

    version: str

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Read a batch; equal to reading one by one."""
        ...
