"""A challenger reads beside the champion: kept, compared, never shown as what a message is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import structlog

from tradewind.learning.models import Trial
from tradewind.learning.services import in_use
from tradewind.nlp.contract import Reading, Text
from tradewind.nlp.own.reader import asked
from tradewind.triage.models import Correction

log = structlog.get_logger(__name__)


class Standoff(NamedTuple):
    """Counts: messages both read, alike, and of those a person corrected who of them was right."""

    messages: int
    alike: int
    corrected: int
    champion_right: int
    challenger_right: int


def try_challenger(
    message_ids: Sequence[int], texts: Sequence[Text], readings: Sequence[Reading]
) -> None:
    """Keep what the challenger says of messages beside what was read of them."""
    challenger = in_use().challenger
    if challenger is None or not message_ids:
        return
    try:
        ranked = challenger.rank([asked(text) for text in texts])
    except Exception:  # whatever breaks a challenger must not hold up the desk
        log.exception("challenger.broke", model=challenger.version, texts=len(texts))
        return
    Trial.objects.bulk_create(
        [
            Trial(
                message_id=message_id,
                model=challenger.version,
                intent=choices[0].label,
                confidence=choices[0].chance,
                champion=reading.model,
                champion_intent=reading.intent,
            )
            for message_id, reading, choices in zip(message_ids, readings, ranked, strict=True)
        ],
        ignore_conflicts=True,  # the same model reads a message once
    )


def standoff(model: str) -> Standoff:
    """How a challenger has done so far."""
    trials = Trial.objects.filter(model=model)
    said = {
        message_id: (intent, champion)
        for message_id, intent, champion in trials.values_list(
            "message_id", "intent", "champion_intent"
        )
    }
    right = dict(
        Correction.objects.filter(field="intent", message_id__in=trials.values("message_id"))
        .order_by("id")
        .values_list("message_id", "now")
    )
    judged = [(*said[message_id], now) for message_id, now in right.items()]
    return Standoff(
        messages=len(said),
        alike=sum(intent == champion for intent, champion in said.values()),
        corrected=len(judged),
        champion_right=sum(champion == now for _, champion, now in judged),
        challenger_right=sum(intent == now for intent, _, now in judged),
    )
