"""Conversations, messages and everything that hangs on them."""

from __future__ import annotations

from tradewind.inbox.models.conversations import (
    Activity,
    AwaitedOrder,
    Conversation,
    LiveEvent,
    SavedView,
    State,
    ThreadKey,
)
from tradewind.inbox.models.messages import (
    Attachment,
    AttachmentState,
    Direction,
    Draft,
    Message,
    Note,
    Pending,
    SearchText,
)
from tradewind.inbox.models.outgoing import Outgoing, SendState

__all__ = [
    "Activity",
    "Attachment",
    "AttachmentState",
    "AwaitedOrder",
    "Conversation",
    "Direction",
    "Draft",
    "LiveEvent",
    "Message",
    "Note",
    "Outgoing",
    "Pending",
    "SavedView",
    "SearchText",
    "SendState",
    "State",
    "ThreadKey",
]
