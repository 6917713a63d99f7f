"""Choosing one value for each field of a reading from the scores of all labels."""

from __future__ import annotations

import math

from tradewind.nlp.contract import EMOTIONS, INTENTS
from tradewind.nlp.cuescore import Score

UNCLEAR = "other.unclear"
_INTENTS = frozenset(INTENTS)
# Where causes and wishes are equally strong, the one that says what must happen next wins.
_ENOUGH = 0.8
_ALSO_SHARE, _ALSO_LEAST, _ALSO_MOST = 0.55, 1.2, 3
_PRAISE_BLOCKERS = frozenset({"complaint:explicit"})
_COMPLAINT_ENOUGH = 0.8
_EMOTION_ENOUGH = 0.8
_EMOTION_LABELS = tuple((f"emotion:{emotion}", emotion) for emotion in EMOTIONS)
_BLAME = frozenset(
    [
        "logistics.delay",
        "logistics.not_received",
        "logistics.damaged",
        "product.defect",
        "product.wrong_item",
        "product.not_as_described",
        "service.no_response",
        "service.attitude",
        "payment.charge_dispute",
        "logistics.delivery_failed",
        "product.size",
        "product.malfunction",
    ]
)
_CALM_LOW = frozenset({"feedback.praise", "other.spam", UNCLEAR})


def choose_intents(scores: dict[str, Score]) -> tuple[str, float, list[str]]:
    """The intent, how sure it is (0–1), and further intents, likeliest first."""
    ranked = [(score.total, label) for label, score in scores.items() if label in _INTENTS]
    if len(ranked) > 1:
        ranked.sort(key=_strongest_first)
    if "complaint:explicit" in scores:
        ranked = [pair for pair in ranked if pair[1] != "feedback.praise"] or ranked
    if not ranked or ranked[0][0] < _ENOUGH:
        return UNCLEAR, 0.2 if not ranked else 0.15, []
    top, intent = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    confidence = round(1 / (1 + math.exp(-(0.9 * top + 0.7 * (top - second) - 2.3))), 3)
    least = max(_ALSO_LEAST, top * _ALSO_SHARE)
    also = [label for total, label in ranked[1:] if total >= least and label != "feedback.praise"]
    return intent, confidence, also[:_ALSO_MOST]


def _strongest_first(pair: tuple[float, str]) -> tuple[float, str]:
    return -pair[0], pair[1]


def choose_complaint(scores: dict[str, Score], intent: str) -> str:
    """Explicit where something is said to be wrong, implicit where it only shows."""
    explicit = _total(scores, "complaint:explicit")
    implicit = _total(scores, "complaint:implicit")
    if intent == "other.spam":
        return "none"
    if explicit >= _COMPLAINT_ENOUGH:
        return "explicit"
    if implicit >= _COMPLAINT_ENOUGH and intent != "feedback.praise":
        return "implicit"
    return "none"


def choose_emotion(scores: dict[str, Score], *, complaint: str, intent: str) -> str:
    """The strongest mood that shows; blame without a mood of its own disappoints."""
    if intent == "other.spam":
        return "calm"
    best, emotion = 0.0, "calm"
    for label, value in _EMOTION_LABELS:
        score = scores.get(label)
        if score and score.total > best and not (complaint != "none" and value == "pleased"):
            best, emotion = score.total, value
    if best >= _EMOTION_ENOUGH:
        return emotion
    if intent == "feedback.praise":
        return "pleased"
    return "disappointed" if complaint != "none" and intent in _BLAME else "calm"


def choose_urgency(scores: dict[str, Score], *, intent: str, has_threat: bool) -> str:
    """Danger first, then threats and near dates; praise, spam and nothing asked can wait."""
    if "urgency:critical" in scores and intent != "other.spam":
        return "critical"
    if has_threat or "urgency:high" in scores:
        return "high"
    return "low" if "urgency:low" in scores or intent in _CALM_LOW else "normal"


def _total(scores: dict[str, Score], label: str) -> float:
    score = scores.get(label)
    return score.total if score else 0.0
