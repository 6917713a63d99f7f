"""What is said of one message: the fields of a label, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradewind.identity.errors import Invalid
from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, THREATS, URGENCIES
from tradewind.triage.problem_map import codes_of, current_map

FIELDS = ("intent", "complaint", "emotion", "urgency", "threats", "language")
"""What two people must agree on; ``also`` is not among them, it is joined."""
CHOICES: Mapping[str, Sequence[str]] = {
    "complaint": COMPLAINTS,
    "emotion": EMOTIONS,
    "urgency": URGENCIES,
    "threats": THREATS,
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_MOST_ALSO = 5


@dataclass(frozen=True, slots=True)
class Values:
    """One label. ``also`` holds further problems; ``language`` is a BCP 47 tag."""

    intent: str
    also: tuple[str, ...]
    complaint: str
    emotion: str
    threats: tuple[str, ...]
    urgency: str
    language: str

    def as_dict(self) -> dict[str, Any]:
        """The form it is kept and exported in, that of our corpus's rows."""
        return {
            "language": self.language,
            "intent": self.intent,
            "also": list(self.also),
            "complaint": self.complaint,
            "emotion": self.emotion,
            "threats": list(self.threats),
            "urgency": self.urgency,
        }


def checked(given: Mapping[str, Any], *, leaves: Sequence[str] | None = None) -> Values:
    """A label from what was typed or imported; raises Invalid with what is wrong.

    ``leaves`` are those of the current map, given where many labels are checked.
    """
    known = codes_of(current_map()) if leaves is None else leaves
    intent = _one(given, "intent", known)
    also = _some(given, "also", known)
    threats = _some(given, "threats", THREATS)
    language = given.get("language")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise Invalid(f"language: got “{language}”, wanted a BCP 47 code such as de or pt-BR")
    return Values(
        intent=intent,
        also=tuple(code for code in dict.fromkeys(also) if code != intent)[:_MOST_ALSO],
        complaint=_one(given, "complaint", COMPLAINTS),
        emotion=_one(given, "emotion", EMOTIONS),
        threats=tuple(threat for threat in THREATS if threat in threats),
        urgency=_one(given, "urgency", URGENCIES),
        language=language,
    )


def comparable(values: Mapping[str, Any], field: str) -> str:
    """One field as two people's are compared: threats as a set, languages without the country."""
    if field == "threats":
        return "+".join(values["threats"])
    if field == "language":
        return str(values["language"]).partition("-")[0].lower()
    return str(values[field])


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The fields that two labels do not agree on."""
    return [name for name in FIELDS if comparable(one, name) != comparable(other, name)]


def joined(all_values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Labels that agree as one: the first, with what any of them says besides."""
    first = all_values[0]
    also = dict.fromkeys(code for values in all_values for code in values["also"])
    return {**first, "also": list(also)[:_MOST_ALSO]}


def _one(given: Mapping[str, Any], name: str, wanted: Sequence[str]) -> str:
    value = given.get(name)
    if value not in wanted:
        told = f"“{value}”" if value else "nothing"
        raise Invalid(f"{name}: got {told}, wanted one of {', '.join(wanted)}")
    return str(value)


def _some(given: Mapping[str, Any], name: str, wanted: Sequence[str]) -> list[str]:
    values = given.get(name) or []
    if not isinstance(values, list | tuple):
        raise Invalid(f"{name}: got “{values}”, wanted a list")
    for value in values:
        if value not in wanted:
            raise Invalid(f"{name}: got “{value}”, wanted one of {', '.join(wanted)}")
    return list(values)
