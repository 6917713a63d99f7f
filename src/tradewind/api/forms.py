"""What programs send and are sent, as the OpenAPI document tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from tradewind.inbox.models import State

BIGGEST_ID = 2**63 - 1


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text without NUL")
    return text


Words = Annotated[str, AfterValidator(_no_nul)]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
StateName = Literal["open", "pending", "snoozed", "resolved"]
_ = State  # the names above are its values; a test holds them equal


class Form(BaseModel):
    """What a program sends; a field that there is not is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class ConversationFilters(Form):
    """Which conversations, and which part of the list."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many on a page.")] = 50
    cursor: Annotated[str, Field(max_length=200, description="`next` of the page before.")] = ""
    state: Annotated[list[StateName], Field(description="One or several.")] = []
    channel: Annotated[Id | None, Field(description="Id of a channel.")] = None
    platform: Annotated[str, Field(max_length=32, description="Such as email or shopify.")] = ""
    store: Annotated[Id | None, Field(description="Id of a store.")] = None
    language: Annotated[str, Field(max_length=12, description="pt also finds pt-BR.")] = ""
    intent: Annotated[str, Field(max_length=60, description="logistics finds its leaves.")] = ""
    assignee: Annotated[
        str, Field(pattern=r"^(none|[1-9]\d{0,17})?$", description="Id of a person, or none.")
    ] = ""
    updated_since: Annotated[
        AwareDatetime | None, Field(description="With a message at or after this time.")
    ] = None
    order: Annotated[str, Field(max_length=120, description="Number of an order.")] = ""
    q: Annotated[
        str,
        Field(max_length=200, description="Words, a number or an address; the 200 newest found."),
    ] = ""


class ConversationChange(Form):
    """What to change; a field left out stays as it is."""

    state: StateName | None = None
    until: Annotated[
        AwareDatetime | None, Field(description="With state snoozed: when it opens again.")
    ] = None
    assignee: Annotated[Id | None, Field(description="Id of a person; null: nobody.")] = None


class ReplyForm(Form):
    """An answer to the buyer."""

    text: Annotated[Words, Field(min_length=1, max_length=50_000)]
    base_message: Annotated[
        Id | None,
        Field(description="The newest message you had seen; 409 when the buyer wrote since."),
    ] = None
    then: Annotated[
        Literal["pending", "resolved"] | None,
        Field(description="State to leave the conversation in."),
    ] = None


class Named(BaseModel):
    """Something by id and name."""

    id: int
    name: str


class ChannelName(Named):
    platform: str


class BuyerOut(Named):
    country: str


class OrderOut(BaseModel):
    id: int
    number: str


class Reading(BaseModel):
    """What triage says of a message; spans are code points of its text."""

    id: int | str | None = None
    language: str
    intent: str
    confidence: float
    also: list[str]
    complaint: str
    emotion: str
    threats: list[str]
    urgency: str
    entities: dict[str, list[str]]
    evidence: list[dict[str, Any]]
    model: str
    corrected: Annotated[list[str], Field(description="Fields that a person put right.")] = []


class Delivery(BaseModel):
    """How far a reply has come; accepted means that the platform said so."""

    state: str
    attempts: int
    platform_id: str
    error_code: str
    error: str
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


class AttachmentOut(BaseModel):
    id: int
    name: str
    mime: str
    size: int
    state: str
    url: Annotated[
        str | None, Field(description="Where it can be downloaded; null: it is not here.")
    ]


class MessageOut(BaseModel):
    """One utterance."""

    id: int
    conversation: int
    external_id: str | None
    direction: str
    author: str
    subject: str
    text: str
    quoted: str
    is_auto: bool
    sent_at: datetime
    edited_at: datetime | None
    attachments: list[AttachmentOut]
    reading: Reading | None
    delivery: Delivery | None


class ConversationOut(BaseModel):
    """A thread with one buyer, as the list shows it."""

    id: int
    external_id: str
    subject: str
    state: str
    snoozed_until: datetime | None
    channel: ChannelName
    platform: str
    store: Named | None
    buyer: BuyerOut | None
    order: OrderOut | None
    assignee: Named | None
    language: str
    intent: str
    complaint: str
    emotion: str
    threats: list[str]
    urgency: str
    priority: int
    platform_due_at: datetime | None
    company_due_at: datetime | None
    preview: str
    message_count: int
    last_is_ours: bool
    last_message_at: datetime
    has_failed_send: bool
    created_at: datetime
    resolved_at: datetime | None


class ConversationPage(BaseModel):
    """Part of a list; `next` is the cursor of the part after it, null at the end."""

    items: list[ConversationOut]
    next: str | None


class ConversationFull(ConversationOut):
    """A conversation with its newest messages, oldest first."""

    messages: list[MessageOut]
    earlier: Annotated[
        int | None, Field(description="Give it as `before` for the messages before these.")
    ]


class ConversationState(BaseModel):
    """Where a conversation stands after a change."""

    id: int
    state: str
    snoozed_until: datetime | None
    assignee: Named | None


class ReplyOut(BaseModel):
    """A reply that will be sent: its message, and how far it has come."""

    id: int
    conversation: int
    state: str


class LedgerOut(BaseModel):
    """What came through a channel: accepted = applied + ignored + failed + waiting."""

    accepted: int
    applied: int
    ignored: int
    failed: int
    waiting: int
    refused: int
    oldest_waiting_at: datetime | None
    today: int


class ChannelOut(ChannelName):
    key: Annotated[str | None, Field(description="For `channel` of POST /messages.")]
    state: str
    last_delivery_at: datetime | None
    last_error: str
    ledger: LedgerOut


class ChannelList(BaseModel):
    items: list[ChannelOut]


class ProblemMapOut(BaseModel):
    """The tree of intents."""

    version: int
    nodes: list[dict[str, Any]]


class AcceptedItem(BaseModel):
    external_id: str
    delivery: int


class AcceptedOut(BaseModel):
    """Messages that are safe on disk."""

    accepted: int
    duplicates: int
    items: list[AcceptedItem]
