"""Activities, returns and readings in the words of the person who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tradewind.commerce.models import Return, ReturnStage
from tradewind.inbox.models import Activity

_ICONS = {
    "assigned": "buyer",
    "resolved": "check",
    "open": "undo",
    "pending": "clock",
    "snoozed": "snooze",
    "corrected": "pen",
}


def said_of_activity(activity: Activity, names: Mapping[int, str]) -> tuple[str, str]:
    """The icon and the sentence of something done."""
    who = str(activity.person) if activity.person else _("The system")
    words = {"who": who, "whom": names.get(activity.detail.get("person") or 0, "")}
    return _ICONS.get(activity.act, "info"), _sentence(activity, words)


def _sentence(activity: Activity, words: dict[str, str]) -> str:
    if activity.act == "assigned":
        return _assigned(activity, words)
    if activity.act == "corrected":
        field = field_words().get(str(activity.detail.get("field")), "")
        return _("%(who)s corrected the reading: %(what)s") % {**words, "what": field}
    said = {
        "resolved": _("%(who)s closed the conversation"),
        "open": _("%(who)s opened it again"),
        "pending": _("%(who)s set it to wait for the buyer"),
        "snoozed": _("%(who)s snoozed it"),
        "no_reply": _("%(who)s closed it: no reply needed"),
    }
    if activity.act not in said:
        return f"{words['who']}: {activity.act}"
    return said[activity.act] % words


def _assigned(activity: Activity, words: dict[str, str]) -> str:
    if activity.detail.get("person") == activity.person_id and activity.person_id:
        return _("%(who)s took it") % words
    if words["whom"]:
        return _("%(who)s gave it to %(whom)s") % words
    if activity.detail.get("team"):
        return _("%(who)s gave it to a team") % words
    return _("%(who)s took the assignment away") % words


def said_of_return(row: Return) -> str:
    """A return or dispute in one line."""
    kinds = {
        "return": _("Return"),
        "refund": _("Refund"),
        "replacement": _("Replacement"),
        "cancel": _("Cancellation"),
        "not_received": _("Not received case"),
        "claim": _("Platform claim"),
        "dispute": _("Dispute"),
    }
    stage = str(ReturnStage(row.stage).label) if row.stage in ReturnStage.values else row.stage
    parts = [kinds.get(row.kind, row.kind), row.external_id, stage, row.reason_text[:160]]
    return " · ".join(part for part in parts if part)


def emotion_words() -> dict[str, str]:
    """Moods."""
    return {
        "angry": pgettext("mood", "Angry"),
        "anxious": pgettext("mood", "Anxious"),
        "disappointed": pgettext("mood", "Disappointed"),
        "calm": pgettext("mood", "Calm"),
        "pleased": pgettext("mood", "Pleased"),
    }


def threat_words() -> dict[str, str]:
    """Threats."""
    return {
        "bad_review": pgettext("threat", "Bad review"),
        "platform_claim": pgettext("threat", "Platform claim"),
        "chargeback": pgettext("threat", "Chargeback"),
        "legal": pgettext("threat", "Legal steps"),
        "public_exposure": pgettext("threat", "Public exposure"),
    }


def complaint_words() -> dict[str, str]:
    """Whether something is said to be wrong."""
    return {
        "explicit": pgettext("complaint", "Complaint"),
        "implicit": pgettext("complaint", "Complaint between the lines"),
        "none": pgettext("complaint", "No complaint"),
    }


def urgency_words() -> dict[str, str]:
    """How soon."""
    return {
        "low": pgettext("urgency", "Can wait"),
        "normal": pgettext("urgency", "Normal"),
        "high": pgettext("urgency", "Urgent"),
        "critical": pgettext("urgency", "Safety or immediate"),
    }


def state_words() -> dict[str, str]:
    """What a conversation is."""
    return {
        "open": pgettext("state", "Open"),
        "pending": pgettext("state", "Waiting for the buyer"),
        "snoozed": pgettext("state", "Snoozed"),
        "resolved": pgettext("state", "Resolved"),
    }


def field_words() -> dict[str, str]:
    """What of a reading can be corrected."""
    return {
        "intent": _("Problem"),
        "emotion": _("Mood"),
        "threats": _("Threats"),
        "complaint": _("Complaint"),
        "urgency": _("Urgency"),
        "language": _("Language"),
    }


def act_words(act: str) -> str:
    """An entry of the audit log in words; its own name when it has none."""
    said = {
        "conversation.read": _("read the conversation"),
        "address.read": _("read the address"),
        "file.read": _("opened a file"),
    }
    return said.get(act, act)


def moment(at: Any) -> str:
    """A moment in full, in the person's zone."""
    return date_format(localtime(at), "DATETIME_FORMAT") if at else ""
