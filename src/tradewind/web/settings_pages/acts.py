"""The acts of the audit log and their details in words."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

_WORDS = {
    "channel.created": _("Channel added"),
    "channel.changed": _("Channel changed"),
    "channel.replayed": _("Deliveries replayed"),
    "channel.store_changed": _("Channel given to a store"),
    "channel.backfill_asked": _("Back-fill asked for"),
    "channel.backfilled": _("Back-fill done"),
    "address.read": _("Address read"),
    "conversation.listed": _("Conversations listed"),
    "conversation.read": _("Conversation read"),
    "file.read": _("File read"),
    "label.settled": _("Label settled"),
    "label_task.changed": _("Label task changed"),
    "label_task.imported": _("Labels imported"),
    "label_task.made": _("Label task made"),
    "labels.moved": _("Labels moved to another leaf"),
    "map.changed": _("Problem map changed"),
    "model.challenged": _("Challenger chosen"),
    "model.used": _("Champion chosen"),
    "person.added": _("Member added"),
    "person.changed": _("Member changed"),
    "person.removed": _("Member removed"),
    "person.password_reset": _("Password reset"),
    "person.password_changed": _("Own password changed"),
    "person.second_step_removed": _("Second step taken away"),
    "person.signed_out": _("Signed out elsewhere"),
    "reply.vouched": _("Reply said to have reached the buyer"),
    "store.added": _("Store added"),
    "store.changed": _("Store changed"),
    "team.added": _("Team added"),
    "team.changed": _("Team changed"),
    "team.removed": _("Team dissolved"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
    "workspace.changed": _("Workspace changed"),
}


def act_words(act: str) -> str:
    """An act in the reader's language; its own name where we have no words for it."""
    return str(_WORDS.get(act, act))


def detail_rows(detail: Any) -> list[tuple[str, str]]:
    """The details as name and text; a change as what was and what is now."""
    if not isinstance(detail, dict):
        return [("", _text(detail))]
    rest = dict(detail)
    was, now = rest.get("was"), rest.get("now")
    rows = []
    if isinstance(was, dict) and isinstance(now, dict):
        del rest["was"], rest["now"]
        rows = [
            (name, f"{_text(was.get(name))} → {_text(value)}")
            for name, value in now.items()
            if was.get(name) != value
        ]
    return [*rows, *((name, _text(value)) for name, value in rest.items() if value not in ("", []))]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if value is None or value == "":
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
