"""The platform says what became of a reply: delivered, read, failed, bounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.inbox import outgoing
from tradewind.inbox.models import SendState
from tradewind.journey.places import Place

_STATES = {
    "sent": SendState.ACCEPTED,
    "delivered": SendState.DELIVERED,
    "read": SendState.READ,
    "failed": SendState.FAILED,
}


def apply(fields: Mapping[str, Any], place: Place) -> None:
    """Show the receipt at its reply; one for a message that is not ours changes nothing."""
    state = _STATES.get(str(fields.get("status") or ""))
    if state is None or not fields.get("message_id"):
        return
    outgoing.note_receipt(
        channel_id=place.channel_id,
        platform_id=str(fields["message_id"]),
        state=state,
        error_code=str(fields.get("error_code") or ""),
        error_text=str(fields.get("error_text") or ""),
    )
