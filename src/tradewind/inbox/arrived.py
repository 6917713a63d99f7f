"""Messages on their way into the inbox, and what became of a batch of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tradewind.inbox.models import Direction


@dataclass(slots=True)
class Arrived:
    """A message on its way into the inbox; ids are filled in as it goes."""

    channel_id: int
    platform: str
    external_id: str
    direction: str
    thread_keys: list[str]
    text: str
    sent_at: datetime
    faded_keys: list[str] = field(default_factory=list)
    author_name: str = ""
    subject: str = ""
    quoted: str = ""
    html: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    is_auto: bool = False
    edited_at: datetime | None = None
    store_id: int | None = None
    buyer_id: int | None = None
    order_number: str = ""  # as the platform or the text gives it
    order_id: int | None = None
    country: str = ""
    reply_to: str = ""  # conversation id on the platform, or the address to answer
    reply_context: dict[str, Any] = field(default_factory=dict)
    attachments: list[Any] = field(default_factory=list)
    conversation_id: int | None = None
    message_id: int | None = None
    is_first: bool = False  # it opened its conversation

    @property
    def is_asking(self) -> bool:
        """Whether a person on the other side said it."""
        return self.direction == Direction.IN and not self.is_auto


@dataclass(slots=True)
class Recorded:
    """What became of a batch.

    ``fresh`` messages are new, the others were there before. ``opened`` are new conversations with
    their fresh messages: their rows are still to be written, by open_conversations, once it is
    known how urgent they are; one insert is cheaper than an insert and two updates.
    """

    fresh: list[Arrived]
    opened: dict[int, list[Arrived]]

    @property
    def known(self) -> list[int]:
        """Conversations that were there before and have something new."""
        ids = {a.conversation_id for a in self.fresh if a.conversation_id}
        return sorted(ids - self.opened.keys())
