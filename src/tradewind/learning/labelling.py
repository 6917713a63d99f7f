"""People label, each without seeing what the others say; where they differ, somebody settles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, NotAllowed, NotFound
from tradewind.identity.models import Person
from tradewind.identity.roles import Right
from tradewind.learning.models import ItemState, Label, LabelItem, LabelTask, TaskState
from tradewind.learning.values import checked, differing, joined
from tradewind.triage.problem_map import current_map

_GIVEN = Count("labels", filter=Q(labels__values__isnull=False))
_PASSED = Count("labels", filter=Q(labels__values__isnull=True))


def find_next(actor: Actor, task: LabelTask) -> LabelItem | None:
    """The next message that this person may label; None when there is nothing left for them."""
    return waiting_for(actor, task).select_related("message__conversation").first()


def waiting_for(actor: Actor, task: LabelTask) -> QuerySet[LabelItem]:
    """What this person may still label of a task, in order."""
    actor.require(Right.LABEL)
    mine = Label.objects.filter(person=_person(actor))
    return (
        LabelItem.objects.filter(task=task, task__state=TaskState.OPEN, state=ItemState.OPEN)
        .exclude(pk__in=mine.values("item"))
        .alias(given=_GIVEN)
        .filter(given__lt=F("task__labellers"))
        .order_by("position")
    )


@atomic
def give(actor: Actor, task: LabelTask, item_id: int, given: Mapping[str, Any]) -> LabelItem:
    """Say what a message is; when everybody has, it is agreed on or disputed."""
    item = _item_to_label(actor, task, item_id)
    _keep(actor, item, checked(given).as_dict())
    _weigh(item)
    return item


@atomic
def pass_over(actor: Actor, task: LabelTask, item_id: int) -> LabelItem:
    """Leave a message to others."""
    item = _item_to_label(actor, task, item_id)
    _keep(actor, item, None)
    return item


def _item_to_label(actor: Actor, task: LabelTask, item_id: int) -> LabelItem:
    actor.require(Right.LABEL)
    item = _locked(task, item_id)
    if task.state != TaskState.OPEN:
        raise Conflict("the task is closed")
    if item.state != ItemState.OPEN:
        raise Conflict("colleagues were quicker: this message has its labels")
    if item.labels.filter(person=_person(actor)).exists():
        raise Conflict("you have labelled this message already")
    return item


def _locked(task: LabelTask, item_id: int) -> LabelItem:
    found = LabelItem.objects.select_for_update().filter(task=task, pk=item_id).first()
    if found is None:
        raise NotFound("message in this task")
    return found


def _keep(actor: Actor, item: LabelItem, values: dict[str, Any] | None) -> None:
    Label.objects.create(
        item=item, person=_person(actor), values=values, map_version=current_map().version
    )


def _person(actor: Actor) -> Person:
    """Who speaks; a token is nobody whose word could be held against another's."""
    if actor.person is None:
        raise NotAllowed(Right.LABEL)
    return actor.person


def _weigh(item: LabelItem) -> None:
    """Agreed or disputed once enough people have spoken."""
    said = list(item.labels.filter(values__isnull=False).order_by("id"))
    values = [label.values for label in said if label.values is not None]
    if len(values) < item.task.labellers:
        item.state, item.final = ItemState.OPEN, None
    elif any(differing(values[0], other) for other in values[1:]):
        item.state, item.final = ItemState.DISPUTED, None
    else:
        item.state, item.final = ItemState.AGREED, joined(values)
    item.save(update_fields=["state", "final"])


@atomic
def undo(actor: Actor, task: LabelTask) -> LabelItem:
    """Take back one's newest word in a task; the message comes back to be labelled."""
    actor.require(Right.LABEL)
    mine = Label.objects.filter(item__task=task, person=_person(actor)).order_by("-id")
    if (newest := mine.first()) is None:
        raise Conflict("there is nothing to take back")
    item = _locked(task, newest.item_id)
    if item.state == ItemState.SETTLED:
        raise Conflict("this message was settled meanwhile")
    newest.delete()
    _weigh(item)
    return item


def to_settle(actor: Actor, task: LabelTask) -> QuerySet[LabelItem]:
    """What people differ on, and what everybody passed over, in order."""
    actor.require(Right.MANAGE_LEARNING)
    return (
        LabelItem.objects.filter(task=task)
        .alias(passed=_PASSED)
        .filter(
            Q(state=ItemState.DISPUTED) | Q(state=ItemState.OPEN, passed__gte=F("task__labellers"))
        )
        .order_by("position")
    )


def get_item_to_settle(actor: Actor, task: LabelTask, item_id: int) -> LabelItem:
    """One of those; raises NotFound."""
    found = to_settle(actor, task).select_related("message__conversation").filter(pk=item_id)
    if (item := found.first()) is None:
        raise NotFound("disputed message")
    return item


def labels_of(actor: Actor, item: LabelItem) -> list[Label]:
    """What was said of a message, first come first; only once nobody is to label it any more."""
    actor.require(Right.MANAGE_LEARNING)
    if item.state == ItemState.OPEN and not to_settle(actor, item.task).filter(pk=item.pk).exists():
        raise Conflict("not everybody has labelled this message; until then labels are hidden")
    return list(item.labels.select_related("person").order_by("id"))


@atomic
def settle(actor: Actor, task: LabelTask, item_id: int, given: Mapping[str, Any]) -> LabelItem:
    """Say what counts where people differ."""
    actor.require(Right.MANAGE_LEARNING)
    item = _locked(task, item_id)
    if not to_settle(actor, task).filter(pk=item.pk).exists():
        raise Conflict("this message is not disputed any more")
    item.final = checked(given).as_dict()
    item.state, item.settled_by, item.settled_at = ItemState.SETTLED, actor.person, timezone.now()
    item.save(update_fields=["final", "state", "settled_by", "settled_at"])
    identity.audit(actor, "label.settled", subject=item, task=task.pk)
    return item
