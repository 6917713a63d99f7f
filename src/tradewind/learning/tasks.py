"""Label tasks: which messages are to be labelled, how far they are, in and out as JSONL."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
from django.db.models import Count, QuerySet
from django.db.transaction import atomic

from tradewind.identity import services as identity
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.hiding import hidden_in_export
from tradewind.identity.roles import Right
from tradewind.inbox.covering import cover_of
from tradewind.inbox.models import Direction, Message
from tradewind.learning.models import ItemState, LabelItem, LabelTask, TaskState
from tradewind.learning.values import checked
from tradewind.nlp.language import identify_one
from tradewind.nlp.pii import Style
from tradewind.triage.models import Correction, Reading
from tradewind.triage.problem_map import codes_of, current_map

WAYS = ("least_sure", "random", "newest")
MOST = 2000
_POOL = 20_000
_MOST_ROWS, _MOST_FAULTS = 20_000, 10
_STATES = ("open", "disputed", "agreed", "settled")
COUNTED = (ItemState.AGREED, ItemState.SETTLED)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which messages a task is of; empty texts do not narrow. ``seed`` is for ``random``."""

    how: str = "least_sure"
    count: int = 100
    language: str = ""
    intent: str = ""
    labellers: int = 2
    seed: int = 0
    narrowed: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        if self.how not in WAYS:
            raise Invalid(f"how: got “{self.how}”, wanted one of {', '.join(WAYS)}")
        if not 1 <= self.count <= MOST:
            raise Invalid(f"count: got {self.count}, wanted 1 to {MOST}")
        if not 1 <= self.labellers <= 3:
            raise Invalid(f"labellers: got {self.labellers}, wanted 1, 2 or 3")
        asked = {"language": self.language, "intent": self.intent}
        object.__setattr__(self, "narrowed", {k: v for k, v in asked.items() if v})


@dataclass(frozen=True, slots=True)
class Progress:
    """How many messages of a task are how far."""

    total: int
    open: int
    disputed: int
    agreed: int
    settled: int

    @property
    def done(self) -> int:
        """Those with a final label."""
        return self.agreed + self.settled


def visible_to(actor: Actor) -> QuerySet[LabelTask]:
    """Every label task the actor may see, newest first."""
    actor.require(Right.LABEL)
    return LabelTask.objects.filter(workspace_id=actor.workspace_id).order_by("-id")


def get_task(actor: Actor, task_id: int) -> LabelTask:
    """One task; raises NotFound."""
    if (found := visible_to(actor).filter(pk=task_id).first()) is None:
        raise NotFound("label task")
    return found


@atomic
def make_task(actor: Actor, name: str, wish: Wish) -> LabelTask:
    """A task of messages nobody labelled or corrected yet; refused when there is none."""
    actor.require(Right.MANAGE_LEARNING)
    chosen = _chosen(wish)
    if not chosen:
        raise Invalid("there is no message of this kind that nobody labelled or corrected yet")
    task = _new_task(actor, name, how=wish.how, narrowed=wish.narrowed, labellers=wish.labellers)
    LabelItem.objects.bulk_create(
        LabelItem(task=task, message_id=message_id, position=n)
        for n, message_id in enumerate(chosen, 1)
    )
    identity.audit(actor, "label_task.made", subject=task, messages=len(chosen), how=wish.how)
    return task


def _new_task(actor: Actor, name: str, **facts: Any) -> LabelTask:
    if not name.strip():
        raise Invalid("name: got nothing, wanted a name to know the task by")
    return LabelTask.objects.create(name=name.strip()[:80], created_by=actor.person, **facts)


def _chosen(wish: Wish) -> list[int]:
    """Ids of messages in the order they are to be labelled."""
    fresh = (
        Message.objects.filter(direction=Direction.IN, is_auto=False)
        .exclude(text="")
        .exclude(pk__in=LabelItem.objects.filter(message__isnull=False).values("message"))
        .exclude(pk__in=Correction.objects.filter(field="intent").values("message"))
        .order_by("-id")
    )
    # The newest are what buyers say today; more of them would cost seconds and tell no more.
    newest = list(fresh.values_list("id", flat=True)[:_POOL])
    readings = {
        reading.message_id: reading
        for reading in Reading.objects.filter(message_id__in=newest)
        .only("message_id", "confidence", "language", "intent")
        .order_by("message_id", "-id")
        .distinct("message_id")
    }
    fitting = [n for n in newest if (found := readings.get(n)) and _fits(found, wish)]
    if wish.how == "least_sure":
        fitting.sort(key=lambda n: readings[n].confidence)
    elif wish.how == "random":
        Random(wish.seed).shuffle(fitting)  # noqa: S311  # a sample, no secret
    return fitting[: wish.count]


def _fits(reading: Reading, wish: Wish) -> bool:
    return all(getattr(reading, name) == wanted for name, wanted in wish.narrowed.items())


@atomic
def set_state(actor: Actor, task: LabelTask, state: str) -> None:
    """Close a task, or open it again."""
    actor.require(Right.MANAGE_LEARNING)
    if state not in TaskState.values:
        raise Invalid(f"state: got “{state}”, wanted one of {', '.join(TaskState.values)}")
    task.state = state
    task.save(update_fields=["state"])
    identity.audit(actor, "label_task.changed", subject=task, state=state)


def progress_of(tasks: Sequence[LabelTask]) -> dict[int, Progress]:
    """How far each task is, by id."""
    counts: dict[int, dict[str, int]] = {task.pk: dict.fromkeys(_STATES, 0) for task in tasks}
    rows = LabelItem.objects.filter(task__in=tasks).values_list("task", "state")
    for task_id, state, count in rows.annotate(Count("id")).order_by():
        counts[task_id][state] = count
    return {
        task_id: Progress(total=sum(count.values()), **count) for task_id, count in counts.items()
    }


def export(actor: Actor, task: LabelTask) -> Iterator[bytes]:
    """What counts of a task, a line of JSON each, in the form of our corpus's rows.

    Without the personal data that ``identity/hiding.toml`` keeps out of it: such files travel.
    """
    actor.require(Right.MANAGE_LEARNING)
    items = task.items.filter(state__in=COUNTED).order_by("position")
    told = items.select_related("message__conversation__buyer", "message__conversation__order")
    hidden = hidden_in_export("labels")
    for item in told:
        about = item.message.conversation if item.message else None
        text = cover_of(hidden, about, style=Style.KIND)(item.said)
        yield orjson.dumps({"text": text, **(item.final or {})}) + b"\n"


@atomic
def take_in(actor: Actor, name: str, lines: Iterable[bytes], *, labellers: int = 2) -> LabelTask:
    """A task of texts from JSONL: those with a label count at once, the others are to be labelled.

    A line is ``{"text": …}`` alone, or a row as ``export`` writes it. Nothing is taken in when a
    line is wrong; Invalid lists the first of them.
    """
    actor.require(Right.MANAGE_LEARNING)
    task = _new_task(actor, name, how="import", labellers=Wish(labellers=labellers).labellers)
    leaves, faults, items = codes_of(current_map()), list[str](), list[LabelItem]()
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            items.append(_item(task, len(items) + 1, line, leaves))
        except (Invalid, ValueError) as error:
            faults.append(f"line {n}: {error}")
    if len(items) > _MOST_ROWS:
        faults.append(f"got {len(items)} lines, wanted at most {_MOST_ROWS}")
    if not items and not faults:
        faults.append("got no line, wanted one JSON object a line")
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise Invalid("\n".join(faults[:_MOST_FAULTS] + more))
    LabelItem.objects.bulk_create(items, batch_size=1000)
    identity.audit(actor, "label_task.imported", subject=task, messages=len(items))
    return task


def _item(task: LabelTask, position: int, line: bytes, leaves: Sequence[str]) -> LabelItem:
    row = orjson.loads(line.removeprefix(BOM_UTF8))
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str) or not text.strip() or "\x00" in text:
        raise Invalid("expected a JSON object with “text”")
    item = LabelItem(task=task, position=position, text=text)
    if "intent" in row:
        # Rows of our corpus leave out what is usual; others' rows the language.
        usual = {"complaint": "none", "emotion": "calm", "urgency": "normal"}
        if "language" not in row:
            usual["language"] = identify_one(text)
        item.final = checked(usual | row, leaves=leaves).as_dict()
        item.state = ItemState.SETTLED
    return item
