"""Disputes: what people said side by side, and what counts in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from tradewind.identity.errors import NotFound
from tradewind.identity.roles import Right
from tradewind.learning import labelling
from tradewind.learning import tasks as learning
from tradewind.learning.models import Label, LabelItem, LabelTask
from tradewind.learning.values import FIELDS, differing, joined
from tradewind.web.auth import screen
from tradewind.web.inbox.happenings import field_words
from tradewind.web.learning.bench import shown
from tradewind.web.learning.places import page, tried
from tradewind.web.learning.steps import field_values, given_in
from tradewind.web.middleware import DeskRequest


@screen(Right.MANAGE_LEARNING)
def settle(request: DeskRequest, task_id: int) -> HttpResponse:
    """The next disputed message; a post settles one, in one's own words or somebody's."""
    task = learning.get_task(request.actor, task_id)
    if request.method == "POST":
        return tried(
            request,
            lambda: _settle(request, task),
            _("Settled."),
            "learning_settle",
            task_id,
        )
    waiting = labelling.to_settle(request.actor, task).select_related("message__conversation")
    item = waiting.first()
    context = _side_by_side(request, item) if item else {}
    return page(request, "settle", task=task, item=item, left=waiting.count(), **context)


def _settle(request: DeskRequest, task: LabelTask) -> None:
    item_id = int(given) if (given := request.POST.get("item", "")).isdecimal() else 0
    values: dict[str, Any] = given_in(request.POST)
    if taken := request.POST.get("take", ""):
        item = labelling.get_item_to_settle(request.actor, task, item_id)
        said = {str(label.pk): label.values for label in labelling.labels_of(request.actor, item)}
        if not (of_somebody := said.get(taken)):
            raise NotFound("label of this message")
        values = of_somebody
    labelling.settle(request.actor, task, item_id, values)


def _side_by_side(request: DeskRequest, item: LabelItem) -> dict[str, Any]:
    labels = labelling.labels_of(request.actor, item)
    said = [label for label in labels if label.values is not None]
    words = field_words()
    apart = _apart(said)
    rows = [
        (words[name], name in apart, [field_values(label.values or {}, name) for label in said])
        for name in FIELDS
    ]
    agreed = joined([label.values or {} for label in said]) if said else None
    # What they agree on is ticked; what they differ on is to be said.
    chosen = {k: v for k, v in agreed.items() if k not in apart} if agreed else None
    return {
        "said": said,
        "passed": [label for label in labels if label.values is None],
        "rows": rows,
        **shown(request.actor, item, chosen),
    }


def _apart(said: Sequence[Label]) -> set[str]:
    values = [label.values or {} for label in said]
    return {name for other in values[1:] for name in differing(values[0], other)}
