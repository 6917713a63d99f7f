"""The choices of the bench: what can be said of a message, step by step, each by one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tradewind.learning.values import CHOICES
from tradewind.triage.problem_map import codes_of, current_map
from tradewind.web.inbox.choices import language_name, leaf_of
from tradewind.web.inbox.happenings import (
    complaint_words,
    emotion_words,
    field_words,
    threat_words,
    urgency_words,
)
from tradewind.web.parts.problems import BRANCHES
from tradewind.web.rows import problem_labels

_LEAF_KEYS = f"{ascii_lowercase}123456789"
_MOST_LANGUAGES = 9
_FIELDS = ("complaint", "emotion", "urgency", "threats")


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to say; ``hint`` tells what belongs there."""

    value: str
    words: str
    key: str
    is_chosen: bool = False
    is_also: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A question: the answers, under headings where there are any; ``many`` may be true at once."""

    field: str
    label: str
    groups: Sequence[tuple[str, Sequence[Choice]]]
    many: bool = False


def steps_of(languages: Sequence[str], chosen: Mapping[str, Any]) -> list[Step]:
    """Every question in order; ``chosen`` is what is ticked already."""
    words = field_words()
    said = {
        "complaint": complaint_words(),
        "emotion": emotion_words(),
        "urgency": urgency_words(),
        "threats": threat_words(),
    }
    plain = [
        Step(
            name,
            words[name],
            [("", _numbered(CHOICES[name], said[name], chosen.get(name, ())))],
            many=name == "threats",
        )
        for name in _FIELDS
    ]
    names = {code: language_name(code) for code in languages[:_MOST_LANGUAGES]}
    language = _numbered(list(names), names, chosen.get("language", ""))
    return [_leaves(chosen), *plain, Step("language", words["language"], [("", language)])]


def _leaves(chosen: Mapping[str, Any]) -> Step:
    labels, current = problem_labels(), current_map()
    hints = {node["code"]: node.get("belongs", "") for node in current.nodes}
    groups: dict[str, list[Choice]] = {}
    for n, code in enumerate(codes_of(current)):
        root = code.partition(".")[0]
        groups.setdefault(labels.get(root) or str(BRANCHES.get(root, root)), []).append(
            Choice(
                value=code,
                words=leaf_of(code, labels),
                key=_LEAF_KEYS[n] if n < len(_LEAF_KEYS) else "",
                is_chosen=code == chosen.get("intent"),
                is_also=code in chosen.get("also", ()),
                hint=hints.get(code, ""),
            )
        )
    return Step("intent", field_words()["intent"], list(groups.items()))


def _numbered(
    values: Sequence[str], words: Mapping[str, str], chosen: str | Sequence[str]
) -> list[Choice]:
    ticked = [chosen] if isinstance(chosen, str) else chosen
    return [
        Choice(value, words.get(value, value), str(n), is_chosen=value in ticked)
        for n, value in enumerate(values, 1)
    ]


def given_in(post: QueryDict) -> dict[str, Any]:
    """A label as the bench posts it; a language typed beside the choices wins."""
    single = ("intent", "complaint", "emotion", "urgency")
    return {
        **{name: post.get(name, "") for name in single},
        "also": post.getlist("also"),
        "threats": post.getlist("threats"),
        "language": post.get("other_language", "").strip() or post.get("language", ""),
    }


def field_values(values: Mapping[str, Any], field: str) -> str:
    """What somebody said in one field, in words."""
    labels = problem_labels()
    if field == "intent":
        besides = [leaf_of(code, labels) for code in values["also"]]
        also = f" ({_('also')}: {', '.join(besides)})" if besides else ""
        return leaf_of(values["intent"], labels) + also
    if field == "threats":
        return ", ".join(threat_words().get(each, each) for each in values["threats"]) or "–"
    if field == "language":
        return language_name(values["language"])
    said = {
        "complaint": complaint_words(),
        "emotion": emotion_words(),
        "urgency": urgency_words(),
    }
    value = str(values[field])
    return said[field].get(value, value)
