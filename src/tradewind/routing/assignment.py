"""Who gets a conversation: on duty, speaks the language, has room, has least to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tradewind.core import bulk
from tradewind.identity.models import Membership, Role
from tradewind.inbox.models import Conversation
from tradewind.nlp.tags import bare

_ANSWERING = [Role.AGENT, Role.LEAD]
# Nothing is asked, or nobody need answer.
_NOT_ASSIGNED = {"other.spam", "feedback.praise"}
_LOADS = """
SELECT m.person_id, (SELECT count(*) FROM (
    SELECT 1 FROM inbox_conversation c WHERE c.assignee_id = m.person_id
      AND c.workspace_id = m.workspace_id AND c.state = 'open'
    LIMIT m.capacity) busy)
FROM identity_membership m WHERE m.id = ANY(%s)
"""


@dataclass(slots=True)
class Candidate:
    """Somebody who may take conversations now."""

    person_id: int
    team_id: int | None
    languages: frozenset[str]
    capacity: int
    load: int

    def speaks(self, language: str) -> bool:
        """Whether they answer in this language; no list means any."""
        return not self.languages or any(_covers(listed, language) for listed in self.languages)

    @property
    def is_specialist(self) -> bool:
        """Whether they answer in some languages only."""
        return bool(self.languages)


def _covers(listed: str, language: str) -> bool:
    """``pt-BR`` answers pt and ``zh`` both scripts of Chinese, but ``zh-Hans`` no zh-TW."""
    own, asked = bare(listed), bare(language)
    if "-" in listed and "-" in own:
        return own == asked
    return own.split("-")[0] == asked.split("-")[0]


def assign(conversation_ids: Sequence[int]) -> None:
    """Give those of the conversations that have nobody to somebody, and write down why.

    With nobody free they stay unassigned; the clocks run on.
    """
    waiting = Conversation.objects.filter(
        pk__in=conversation_ids, assignee=None, state="open"
    ).values_list("id", "language", "intent")
    todo = [(i, lang) for i, lang, intent in waiting if intent not in _NOT_ASSIGNED]
    if not todo or not (team := _candidates()):
        return
    rows = []
    for conversation_id, language in todo:
        if (chosen := choose(team, language)) is None:
            continue
        chosen.load += 1
        rows.append(
            {
                "id": conversation_id,
                "assignee_id": chosen.person_id,
                "team_id": chosen.team_id,
                "assigned_because": reason(chosen, language),
            }
        )
    with connection.cursor() as cursor:
        bulk.update(
            cursor,
            "inbox_conversation",
            {"assignee_id": "bigint", "team_id": "bigint", "assigned_because": "varchar"},
            rows,
        )


def assign_new(rows: Sequence[dict[str, Any]]) -> None:
    """Choose somebody for rows that are about to be written."""
    todo = [row for row in rows if row["intent"] not in _NOT_ASSIGNED and row["unread_count"]]
    if not todo or not (team := _candidates()):
        return
    for row in todo:
        if (chosen := choose(team, row["language"])) is not None:
            chosen.load += 1
            row["assignee_id"], row["team_id"] = chosen.person_id, chosen.team_id
            row["assigned_because"] = reason(chosen, row["language"])


def choose(team: Sequence[Candidate], language: str) -> Candidate | None:
    """The one with room who fits: those who answer in just this language first, then least load."""
    free = [c for c in team if c.load < c.capacity and c.speaks(language)]
    return min(
        free, key=lambda c: (not c.is_specialist, c.load / c.capacity, c.person_id), default=None
    )


def reason(chosen: Candidate, language: str) -> str:
    """Why: shown in the activity of the conversation."""
    skill = f"answers in {language}" if chosen.is_specialist else "answers in any language"
    return f"{skill}; {chosen.load} of {chosen.capacity} open"


def _candidates() -> list[Candidate]:
    members = list(
        Membership.objects.filter(role__in=_ANSWERING, on_duty=True, person__is_active=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, [[m.pk for m in members]])
        loads = dict(cursor.fetchall())
    return [
        Candidate(
            person_id=m.person_id,
            team_id=m.team_id,
            languages=frozenset(m.languages),
            capacity=max(1, m.capacity),
            load=loads.get(m.person_id, 0),
        )
        for m in members
    ]
