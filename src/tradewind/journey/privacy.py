"""A platform passes on a privacy request: written down with its due date, for people to act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.identity import services as identity
from tradewind.journey.places import Place


def note_request(fields: Mapping[str, Any], place: Place) -> None:
    """Put the request into the audit log, where administrators see it; people act on it."""
    identity.audit(
        None,
        f"privacy.{fields.get('action') or 'request'}",
        subject=None,
        platform=place.platform,
        channel=place.account.id,
        orders=[str(o) for o in fields.get("order_ids") or []],
        request=str(fields.get("request_id") or ""),
        subject_id=str(fields.get("subject_id") or ""),
    )
