"""People label, each without seeing what the others say; where they differ, somebody settles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Conflict, NotAllowed, NotFound
from tradewind.identity.models import Membership, Person
from tradewind.identity.roles import RIGHTS, Right
from tradewind.learning.models import ItemState, Label, LabelItem, LabelTask, TaskState
from tradewind.learning.values import checked, differing, joined
from tradewind.triage.problem_map import current_map

_GIVEN = Count("labels", filter=Q(labels__values__isnull=False))
_PASSED = Count("labels", filter=Q(labels__values__isnull=True))
_LABELLING = [role for role, rights in RIGHTS.items() if Right.LABEL in rights]


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
        .alias(given=_GIVEN, passed=_PASSED)
        .filter(given__lt=F("task__labellers"))
        # Enough have passed: who settles it sees what was said, and nobody says more blindly.
        .exclude(given__gt=0, passed__gte=F("task__labellers"))
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
    if not _is_blind(item, _person(actor)):
        raise Conflict("what was said of this message can be seen: it waits to be settled")
    return item


def _is_blind(item: LabelItem, person: Person) -> bool:
    """Whether nobody can have shown this person what others say of a message."""
    others = item.labels.filter(values__isnull=False).exclude(person=person)
    return not (others.exists() and _are_shown(item))


def _are_shown(item: LabelItem) -> bool:
    """Whether labels are no longer hidden from who settles."""
    return (
        item.state != ItemState.OPEN
        or _waiting_to_be_settled(item.task_id).filter(pk=item.pk).exists()
    )


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
    """Take back one's newest word in a task; the message comes back to be labelled.

    Only while nobody could see what the others said: a word given after that is not a second one.
    """
    actor.require(Right.LABEL)
    if task.state != TaskState.OPEN:
        raise Conflict("the task is closed")
    mine = Label.objects.filter(item__task=task, person=_person(actor)).order_by("-id")
    if (newest := mine.first()) is None:
        raise Conflict("there is nothing to take back")
    item = _locked(task, newest.item_id)
    if item.state == ItemState.SETTLED:
        raise Conflict("this message was settled meanwhile")
    if not _is_blind(item, newest.person):
        raise Conflict("what others said of this message can be seen: nothing is taken back now")
    newest.delete()
    _weigh(item)
    return item


def to_settle(actor: Actor, task: LabelTask) -> QuerySet[LabelItem]:
    """What people differ on, and what nobody is left to label, in order."""
    actor.require(Right.MANAGE_LEARNING)
    return _waiting_to_be_settled(task.pk)


def _waiting_to_be_settled(task_id: int) -> QuerySet[LabelItem]:
    spoke = Label.objects.filter(item=OuterRef(OuterRef("pk")), person=OuterRef("person"))
    left = Membership.objects.filter(~Exists(spoke), role__in=_LABELLING, person__is_active=True)
    return (
        LabelItem.objects.filter(task=task_id)
        .alias(passed=_PASSED)
        .filter(
            Q(state=ItemState.DISPUTED)
            | Q(state=ItemState.OPEN) & (Q(passed__gte=F("task__labellers")) | ~Exists(left))
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
    if not _are_shown(item):
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
