"""What a model of the workspace learns from, and how it does on what nothing learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import F

from tradewind.identity.errors import Conflict
from tradewind.learning.models import LabelItem
from tradewind.learning.moving import Moves
from tradewind.learning.registry import BUILT_IN
from tradewind.learning.services import get_reader, registry
from tradewind.nlp import corpus
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.evaluation.report import evaluate
from tradewind.nlp.examples import Example
from tradewind.triage.models import Correction


class Lessons(NamedTuple):
    """Texts with a problem each: those that ship, and those that people of the workspace said."""

    shipped: list[Example]
    said: list[Example]


def lessons() -> Lessons:
    """Our own corpus's train part, and the workspace's settled labels and corrections.

    A leaf that was renamed or merged since then is told by its present code.
    """
    moves = Moves.read()
    shipped = [
        Example(row.text, moves.now(row.intent), row.language) for row in corpus.read_all("train")
    ]
    # Of one text the last word counts, and a settled label is the last word.
    said = dict([*_corrected(moves), *_settled(moves)])
    return Lessons(shipped, [Example(text, label) for text, label in said.items()])


def _corrected(moves: Moves) -> Iterator[tuple[str, str]]:
    found = (
        Correction.objects.filter(field="intent")
        .exclude(message__text="")
        .order_by("id")
        .values_list("message__text", "now", "at")
    )
    for text, label, at in found:
        yield text, moves.now(label, since=at)


def _settled(moves: Moves) -> Iterator[tuple[str, str]]:
    found = LabelItem.objects.filter(final__isnull=False).select_related("message")
    # Agreed on comes before settled, where one text was both; the same order makes the same model.
    for item in found.order_by(F("settled_at").asc(nulls_first=True), "id"):
        if item.final is not None:
            yield item.said, item.final["intent"]


def judge(name: str, *, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Hold a model, as the last stage of the reader, against our held-out messages.

    The report is kept beside the model and given; its form is ``nlp.evaluation.report.Report``.
    """
    models = registry()
    rows = held_out()
    if name != BUILT_IN:
        strange = set(models.get(name).card["labels"]) - {row.intent for row in rows}
        if len(strange) == len(models.get(name).card["labels"]):
            raise Conflict(
                f"“{name}” says none of the problems of our messages; judge it with "
                "`tradewind evaluate --model FOLDER FILE`"
            )
    report = evaluate(get_reader(name), rows, progress=progress).as_dict()
    models.keep_report(name, report)
    return report


def held_out() -> Sequence[Labelled]:
    """Our messages that nothing learns from, told by the present codes of the map."""
    moves = Moves.read()
    return [replace(row, intent=moves.now(row.intent)) for row in corpus.read_all("held_out")]
