"""What every worker must know of the language model: opinions, what was spent, whether it is off.

Each is one statement that commits by itself, so that no transaction waits while a model thinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from tradewind.identity.scope import current_workspace_id
from tradewind.nlp.contract import INTENTS, Reader, Reading
from tradewind.nlp.llm.client import HttpChat
from tradewind.nlp.llm.contract import Opinion
from tradewind.nlp.llm.reader import LanguageModelReader, Tally
from tradewind.triage.models import ModelDay, ModelOpinion, ModelPause
from tradewind.triage.problem_map import current_map

KEPT = timedelta(days=90)
MOST_FAILURES = 3
PAUSE = timedelta(minutes=5)
_LONGEST_MEANING = 160

_TAKE = """
INSERT INTO triage_modelday (workspace_id, day, calls, tokens, known, answered, refused, failed,
    unasked)
VALUES (%(workspace)s, %(day)s, 1, %(tokens)s, 0, 0, 0, 0, 0)
ON CONFLICT (workspace_id, day) DO UPDATE
SET calls = triage_modelday.calls + 1, tokens = triage_modelday.tokens + excluded.tokens
WHERE triage_modelday.calls < %(calls)s
  AND triage_modelday.tokens + excluded.tokens <= %(most)s
"""
# After the pause one call is let through: another failure is the next pause.
_FAILED = """
INSERT INTO triage_modelpause (workspace_id, failures) VALUES (%(workspace)s, 1)
ON CONFLICT (workspace_id) DO UPDATE
SET failures = triage_modelpause.failures + 1,
    until = CASE WHEN triage_modelpause.failures + 1 >= %(most)s
        THEN %(until)s::timestamptz ELSE triage_modelpause.until END
"""
_chats: dict[tuple[Any, ...], HttpChat] = {}


def is_configured() -> bool:
    """Whether the operator has named a language model."""
    return bool(settings.ENV.llm_url)


def is_unsure(reading: Reading) -> bool:
    """Whether the language model is to be asked after this reading."""
    return reading.confidence < settings.ENV.llm_below


def reader_after(before: Reader) -> LanguageModelReader:
    """The language model's reader after another one, for the workspace entered."""
    env = settings.ENV
    budget = KeptBudget(calls=env.llm_calls_a_day, tokens=env.llm_tokens_a_day)
    return LanguageModelReader(
        before,
        _chat(),
        _intents(),
        cache=KeptOpinions(),
        budget=budget,
        breaker=KeptBreaker(),
        below=env.llm_below,
    )


def _chat() -> HttpChat:
    """One way for each process: what the server understands is learned once."""
    env = settings.ENV
    key = (env.llm_url, env.llm_model, env.llm_key, env.llm_timeout, env.private_hosts)
    if (found := _chats.get(key)) is None:
        found = _chats[key] = HttpChat(
            env.llm_url,
            env.llm_model,
            key=env.llm_key,
            timeout=env.llm_timeout,
            private=env.private_hosts,
        )
    return found


def _intents() -> dict[str, str]:
    """The leaves in use that every reader knows, and what they mean."""
    return {
        node["code"]: _meaning(node)
        for node in current_map().nodes
        if node["code"] in INTENTS and node.get("active", True)
    }


def _meaning(node: Mapping[str, Any]) -> str:
    return ": ".join(filter(None, [node["en"], node.get("belongs", "")]))[:_LONGEST_MEANING]


class KeptOpinions:
    """The cache, in the database; what was not asked for in three months is forgotten."""

    def find(self, keys: Sequence[str]) -> dict[str, Opinion]:
        """The opinions that are known, by key."""
        rows = ModelOpinion.objects.filter(key__in=keys).values_list("key", "opinion")
        return {key: Opinion(**opinion) for key, opinion in rows}

    def keep(self, opinions: Mapping[str, Opinion]) -> None:
        """Remember opinions by key."""
        ModelOpinion.objects.bulk_create(
            [ModelOpinion(key=key, opinion=each.as_dict()) for key, each in opinions.items()],
            ignore_conflicts=True,
        )
        ModelOpinion.objects.filter(at__lt=timezone.now() - KEPT).delete()


class KeptBudget:
    """What the workspace may spend in a day, counted for all workers."""

    def __init__(self, *, calls: int, tokens: int) -> None:
        self._calls, self._tokens = calls, tokens

    def take(self, tokens: int) -> bool:
        """Take one call of about so many tokens; False, and nothing taken, when it is too much."""
        if self._calls < 1 or tokens > self._tokens:
            return False
        given: dict[str, Any] = {
            "workspace": current_workspace_id(),
            "day": _today(),
            "tokens": tokens,
            "calls": self._calls,
            "most": self._tokens,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, given)
            return bool(cursor.rowcount)

    def settle(self, *, taken: int, used: int) -> None:
        """Say what the call taken has cost in the end."""
        # Past midnight it goes to the new day, where there may be no row yet: no harm done.
        ModelDay.objects.filter(day=_today(), tokens__gte=taken).update(
            tokens=F("tokens") - taken + used
        )


class KeptBreaker:
    """Off for five minutes after three failures in a row, for all workers."""

    def is_off(self) -> bool:
        """Whether the model is not to be asked now."""
        return off_until() is not None

    def note(self, *, worked: bool) -> None:
        """Say how a call went."""
        if worked:
            ModelPause.objects.filter(failures__gt=0).update(failures=0, until=None)
            return
        until = timezone.now() + PAUSE
        given: dict[str, Any] = {
            "workspace": current_workspace_id(),
            "most": MOST_FAILURES,
            "until": until,
        }
        with connection.cursor() as cursor:
            cursor.execute(_FAILED, given)


def off_until() -> datetime | None:
    """Until when the model is not asked after failures; None when it is."""
    now = timezone.now()
    return ModelPause.objects.filter(until__gt=now).values_list("until", flat=True).first()


def note_day(tally: Tally) -> None:
    """Add what became of messages to the day's figures."""
    counts = {name: n for name, n in tally.as_dict().items() if name != "why" and n}
    if counts:
        day, _ = ModelDay.objects.get_or_create(day=_today())
        ModelDay.objects.filter(pk=day.pk).update(
            **{n: F(n) + count for n, count in counts.items()}
        )


def _today() -> date:
    return timezone.now().date()
