"""A model's answer is believed only as far as it can be checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, THREATS, URGENCIES
from tradewind.nlp.llm.contract import ChatFailed, Opinion
from tradewind.nlp.llm.prompt import MOST_ALSO

UNPROVEN = 0.4
"""The most confidence of an intent for which no words of the message were shown."""
_LONGEST_QUOTE = 300
_LEAST_QUOTE = 2
_AROUND = "\"'“”„«»‘’`…. \n\t"
_THOUGHT = "</think>"


def answers_in(said: str) -> Mapping[str, Any]:
    """The JSON object that a model said, also where it thought aloud or wrote around it."""
    spoken = said.rpartition(_THOUGHT)[2]
    try:
        found = orjson.loads(spoken[spoken.find("{") : spoken.rfind("}") + 1])
    except orjson.JSONDecodeError:
        raise ChatFailed("the answer is no JSON") from None
    if not isinstance(found, dict):
        raise ChatFailed("the answer is no JSON object")
    return found


def opinion_of(given: Any, *, text: str, intents: Sequence[str]) -> Opinion | None:
    """The opinion, None where anything in it is not of the form asked for.

    Words that do not stand in ``text`` prove nothing: a threat without its words is left out.
    """
    if not isinstance(given, dict) or not _is_of_form(given, intents):
        return None
    evidence = []
    if span := find_quote(given["quote"], text):
        evidence.append((given["intent"], *span))
    threats = []
    for threat in given["threats"]:
        if (span := find_quote(threat["quote"], text)) and threat["kind"] not in threats:
            threats.append(threat["kind"])
            evidence.append((f"threat:{threat['kind']}", *span))
    sure = min(1.0, max(0.0, float(given["confidence"])))
    is_shown = bool(evidence) and evidence[0][0] == given["intent"]
    return Opinion(
        intent=given["intent"],
        confidence=round(sure if is_shown else min(sure, UNPROVEN), 3),
        also=[code for code in dict.fromkeys(given["also"]) if code != given["intent"]][:MOST_ALSO],
        complaint=given["complaint"],
        emotion=given["emotion"],
        threats=threats,
        urgency=given["urgency"],
        evidence=evidence,
    )


def _is_of_form(given: Mapping[str, Any], intents: Sequence[str]) -> bool:
    sure, also, threats = given.get("confidence"), given.get("also"), given.get("threats")
    return (
        _is_in(given.get("intent"), intents)
        and _is_in(given.get("complaint"), COMPLAINTS)
        and _is_in(given.get("emotion"), EMOTIONS)
        and _is_in(given.get("urgency"), URGENCIES)
        and isinstance(given.get("quote"), str)
        and isinstance(sure, int | float)
        and not isinstance(sure, bool)
        and math.isfinite(sure)
        and isinstance(also, list)
        and all(_is_in(code, intents) for code in also)
        and isinstance(threats, list)
        and all(map(_is_threat, threats))
    )


def _is_in(value: Any, allowed: Sequence[str]) -> bool:
    return isinstance(value, str) and value in allowed


def _is_threat(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and _is_in(given.get("kind"), THREATS)
        and isinstance(given.get("quote"), str)
    )


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where the words stand in the text; spaces and capitals may differ, nothing else."""
    words = quote.strip(_AROUND)[:_LONGEST_QUOTE].split()
    if sum(map(str.isalnum, "".join(words))) < _LEAST_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return found.span() if found else None
