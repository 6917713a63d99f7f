"""A reader held against labelled messages: every figure of the report, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

from tradewind.nlp.contract import URGENCIES, Reader, Reading, Text
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.evaluation import measures
from tradewind.nlp.tags import bare

PRECISION_TO_ACT = 0.98
_BATCH = 64
_MOST_CONFUSIONS = 25
_CURVE_POINTS = 100
_IMPLICIT = {"implicit"}
_KINDS = ("order_id", "tracking_id", "sku")
Pair = tuple[Labelled, Reading]


@dataclass(frozen=True, slots=True)
class Report:
    """``figures``: over all; ``groups``: the same a language; the rest explains the intent."""

    model: str
    messages: int
    seconds: float
    figures: dict[str, float]
    groups: dict[str, dict[str, float]]
    leaves: dict[str, dict[str, float]]
    confusions: list[tuple[str, str, int]]
    calibration: list[tuple[float, float, int]]
    curve: list[tuple[float, float, float]]
    stages: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON would have it, figures to four places."""
        return {name: _rounded(getattr(self, name)) for name in self.__slots__}


def evaluate(
    reader: Reader, rows: Sequence[Labelled], *, progress: Callable[[int], None] | None = None
) -> Report:
    """Read every row and hold the readings against the labels.

    ``progress`` is told how many rows are done, batch by batch. ``seconds`` is processor time.
    """
    started = process_time()
    readings: list[Reading] = []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        readings += reader.read([Text(text=row.text) for row in batch])
        if progress:
            progress(len(readings))
    seconds = process_time() - started
    pairs = list(zip(rows, readings, strict=True))
    groups = {name: [p for p in pairs if p[0].group == name] for name in _names(rows)}
    by_group = {name: _figures(members) for name, members in groups.items()}
    intents = [(row.intent, reading.intent) for row, reading in pairs]
    confidences, marks = _confidence(pairs)
    curve = measures.coverage_curve(confidences, marks)
    figures = _figures(pairs) | _means(by_group)
    figures["act_bar"], figures["act_coverage"] = measures.bar_for(curve, PRECISION_TO_ACT)
    stages = {name: sum(r.model == name for r in readings) for name in {r.model for r in readings}}
    return Report(
        model=reader.version,
        messages=len(rows),
        seconds=seconds,
        figures=figures,
        groups=by_group,
        leaves=measures.by_label(intents),
        confusions=measures.confusions(intents, _MOST_CONFUSIONS),
        calibration=measures.calibration(confidences, marks)[1],
        curve=curve[:: max(1, len(curve) // _CURVE_POINTS)],
        stages=dict(sorted(stages.items())),
    )


def _names(rows: Sequence[Labelled]) -> list[str]:
    return sorted({row.group for row in rows})


def _means(groups: dict[str, dict[str, float]]) -> dict[str, float]:
    """The promised figures are means over languages, so that no language hides behind another."""
    if not groups:
        return {}
    names = next(iter(groups.values()))
    means = {name: sum(each[name] for each in groups.values()) / len(groups) for name in names}
    pooled = {"numbers", "calibration_error", "implicit"}  # too few a language to stand alone
    means = {name: value for name, value in means.items() if name not in pooled}
    return means | {"intent_worst": min(each["intent"] for each in groups.values())}


def _figures(pairs: Sequence[Pair]) -> dict[str, float]:
    complaints = [(row.complaint, reading.complaint) for row, reading in pairs]
    return {
        "intent": measures.share([row.intent == found.intent for row, found in pairs]),
        "intent_in_three": measures.share(
            [row.intent in [found.intent, *found.also[:2]] for row, found in pairs]
        ),
        "top_level": measures.share([_top(row.intent) == _top(f.intent) for row, f in pairs]),
        "complaint": measures.macro_f1(complaints),
        "implicit": measures.sets_f1(({w} & _IMPLICIT, {g} & _IMPLICIT) for w, g in complaints),
        "emotion": measures.macro_f1((row.emotion, found.emotion) for row, found in pairs),
        "threats": measures.sets_f1((set(row.threats), set(f.threats)) for row, f in pairs),
        "threats_invented": measures.share(
            [bool(found.threats) for row, found in pairs if not row.threats]
        ),
        "urgency": measures.share([row.urgency == found.urgency for row, found in pairs]),
        "urgency_near": measures.share([_steps(row, found) <= 1 for row, found in pairs]),
        "language": measures.share([bare(row.language) == bare(f.language) for row, f in pairs]),
        "numbers": measures.sets_f1((_wanted(row), _found(found)) for row, found in pairs),
        "calibration_error": measures.calibration(*_confidence(pairs))[0],
    }


def _confidence(pairs: Sequence[Pair]) -> tuple[list[float], list[bool]]:
    return [f.confidence for _, f in pairs], [row.intent == f.intent for row, f in pairs]


def _top(intent: str) -> str:
    return intent.partition(".")[0]


def _steps(row: Labelled, found: Reading) -> int:
    return abs(URGENCIES.index(row.urgency) - URGENCIES.index(found.urgency))


def _wanted(row: Labelled) -> set[tuple[str, str]]:
    return {(kind, _plain(number)) for kind in _KINDS for number in row.numbers(kind)}


def _found(reading: Reading) -> set[tuple[str, str]]:
    entities = reading.entities
    named = (entities.order_ids, entities.tracking_ids, entities.skus)
    return {
        (kind, _plain(number))
        for kind, numbers in zip(_KINDS, named, strict=True)
        for number in numbers
    }


def _plain(number: str) -> str:
    return "".join(number.split()).upper()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
