"""A Telegram bot's channel, the buyer who writes to it, and a Bot API on loopback."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.channels.connector_fakes import Asked, FakePlatform, platform
from tradewind.channels import deliveries
from tradewind.channels.models import Channel
from tradewind.channels.sealing import set_secrets
from tradewind.inbox.models import Conversation
from tradewind.journey import arrival

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
ANNA = {"id": 77, "is_bot": False, "first_name": "Anna", "language_code": "en"}
CHAT = {"id": 77, "type": "private", "first_name": "Anna"}


def make_bot(**config: Any) -> Channel:
    channel = Channel(
        key=f"ch_{secrets.token_hex(8)}",
        platform="telegram",
        name="Bot",
        state="live",
        config=config,
    )
    set_secrets(channel, {"bot_token": TOKEN, "secret_token": "s3cret"})
    channel.save()
    return channel


def message(number: int, text: str, *, update: int | None = None, **more: Any) -> dict[str, Any]:
    """An update with what Anna wrote."""
    said = {"message_id": number, "from": ANNA, "chat": CHAT, "date": 1795300000 + number}
    return {"update_id": update or 9000 + number, "message": said | {"text": text} | more}


def edited(number: int, text: str, *, at: int) -> dict[str, Any]:
    """An update with what Anna made of it later."""
    said = message(number, text)["message"] | {"edit_date": 1795300000 + at}
    return {"update_id": 20000 + at, "edited_message": said}


def blocked(*, at: int, status: str = "kicked") -> dict[str, Any]:
    """Anna blocks the bot, or lets it in again (``member``)."""
    change = {
        "chat": CHAT, "from": ANNA, "date": 1795300000 + at,
        "old_chat_member": {"status": "member"}, "new_chat_member": {"status": status},
    }  # fmt: skip
    return {"update_id": 30000 + at, "my_chat_member": change}


def receive(channel: Channel, *updates: dict[str, Any]) -> None:
    """Take updates in as the webhook does, and apply them."""
    raws = [
        deliveries.Raw(str(update["update_id"]), json.dumps(update).encode()) for update in updates
    ]
    deliveries.accept(channel.pk, raws, transport="webhook")
    while arrival.apply_waiting():
        pass


def sent(asked: Asked, number: int = 501) -> tuple[int, Any]:
    """What Telegram answers to sendMessage."""
    said = {"message_id": number, "chat": CHAT, "date": 1, "text": asked.json["text"]}
    return 200, {"ok": True, "result": said}


@contextmanager
def conversation_with(answer: Any, **config: Any) -> Iterator[tuple[Conversation, FakePlatform]]:
    """Anna has written; the Bot API answers replies like this."""
    with platform(answer) as api:
        channel = make_bot(api_origin=api.origin, **config)
        receive(channel, message(1, "Where is my parcel? It should have been here on Monday."))
        yield Conversation.objects.get(), api
