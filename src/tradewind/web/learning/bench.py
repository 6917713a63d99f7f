"""The bench: one message at a time, said what it is by single keys."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right
from tradewind.learning import labelling
from tradewind.learning import tasks as learning
from tradewind.learning.models import LabelItem, LabelTask
from tradewind.nlp.contract import Text
from tradewind.nlp.reader import default_reader
from tradewind.triage import services as triage
from tradewind.web.auth import screen
from tradewind.web.learning.places import page, tried
from tradewind.web.learning.steps import given_in, steps_of
from tradewind.web.middleware import DeskRequest
from tradewind.web.seen import cover_item

_COMMON = ("en", "de", "fr", "es", "it", "ja", "pt", "nl", "zh-Hans")


@screen(Right.LABEL)
def label(request: DeskRequest, task_id: int) -> HttpResponse:
    """The next message of a task; a post says what one is, or passes it over."""
    task = learning.get_task(request.actor, task_id)
    if request.method == "POST":
        item_id = int(given) if (given := request.POST.get("item", "")).isdecimal() else 0
        if request.POST.get("deed") == "pass":
            return tried(
                request,
                lambda: labelling.pass_over(request.actor, task, item_id),
                "",
                "learning_label",
                task_id,
            )
        return tried(
            request,
            lambda: labelling.give(request.actor, task, item_id, given_in(request.POST)),
            "",
            "learning_label",
            task_id,
        )
    waiting = labelling.waiting_for(request.actor, task)
    item = labelling.find_next(request.actor, task)
    context = shown(request.actor, item) if item else {"all_done": _is_done(task)}
    return page(request, "label", task=task, item=item, left=waiting.count(), **context)


def _is_done(task: LabelTask) -> bool:
    progress = learning.progress_of([task])[task.pk]
    return progress.done == progress.total


def shown(actor: Actor, item: LabelItem, chosen: dict[str, Any] | None = None) -> dict[str, Any]:
    """A message with the words underlined that the reader heard, and what can be said of it.

    Nothing but the language is ticked beforehand: people must not lean on the reader's word.
    """
    evidence, language = _heard(item)
    cover_item(actor, item)
    ticked = {"language": language} if chosen is None else chosen
    offered = dict.fromkeys([ticked.get("language", ""), language, *_COMMON])
    languages = [code for code in offered if code not in ("", "und")]
    return {"evidence": evidence, "language": language, "steps": steps_of(languages, ticked)}


def _heard(item: LabelItem) -> tuple[list[Any], str]:
    if item.message_id:
        reading = triage.readings_of([item.message_id]).get(item.message_id)
        return (reading["evidence"], reading["language"]) if reading else ([], "und")
    # What was imported was never read here; cues cost nothing.
    (found,) = default_reader().read([Text(item.said)])
    return [*found.evidence], found.language


@require_POST
@screen(Right.LABEL)
def undo(request: DeskRequest, task_id: int) -> HttpResponse:
    """Take back the newest word; its message comes again."""
    task = learning.get_task(request.actor, task_id)
    return tried(
        request,
        lambda: labelling.undo(request.actor, task),
        _("Taken back; here it is again."),
        "learning_label",
        task_id,
    )
