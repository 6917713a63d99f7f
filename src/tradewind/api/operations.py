"""The API with every resource in it."""

from __future__ import annotations

from tradewind.api.attachments import router as attachments
from tradewind.api.channels import router as channels
from tradewind.api.conversations import router as conversations
from tradewind.api.desk_api import DeskAPI
from tradewind.api.messages import router as messages
from tradewind.api.replies import router as replies
from tradewind.api.triage import router as triage

api = DeskAPI()
for router in (messages, conversations, replies, attachments, triage, channels):
    api.add_router("", router)
