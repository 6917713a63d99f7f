"""How much people agree on what messages are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right
from tradewind.learning.models import ItemState, Label, LabelTask
from tradewind.learning.values import FIELDS, comparable

Pair = tuple[str, str]


class Agreement(NamedTuple):
    """Of one field: ``share`` of pairs alike (0–1), ``kappa`` is what chance does not explain.

    ``kappa`` is None where everybody always says the same: chance explains all of it.
    """

    field: str
    pairs: int
    share: float
    kappa: float | None


class Labeller(NamedTuple):
    """A person's part in a task."""

    name: str
    given: int
    passed: int


def agreement_of(actor: Actor, task: LabelTask) -> list[Agreement]:
    """Each field's agreement over the messages that everybody has labelled; none before that."""
    actor.require(Right.LABEL)
    labels = Label.objects.filter(item__task=task, values__isnull=False)
    # While a message is open its labels stay hidden, in figures too.
    told: dict[int, list[Label]] = {}
    for label in labels.exclude(item__state=ItemState.OPEN).order_by("person_id"):
        told.setdefault(label.item_id, []).append(label)
    both = [
        (one.values or {}, other.values or {})
        for each in told.values()
        for one, other in combinations(each, 2)
    ]
    if not both:
        return []
    return [
        _agreement(name, [(comparable(a, name), comparable(b, name)) for a, b in both])
        for name in FIELDS
    ]


def _agreement(name: str, pairs: Sequence[Pair]) -> Agreement:
    share = sum(one == other for one, other in pairs) / len(pairs)
    return Agreement(name, len(pairs), share, kappa(pairs))


def kappa(pairs: Sequence[Pair]) -> float | None:
    """Cohen's kappa (1960) of two people's words; None where chance alone would agree on all."""
    total = len(pairs)
    if not total:
        return None
    alike = sum(one == other for one, other in pairs) / total
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(count * second[word] for word, count in first.items()) / total**2
    return None if chance == 1 else (alike - chance) / (1 - chance)


def labellers_of(actor: Actor, task: LabelTask) -> list[Labeller]:
    """Who has labelled how much of a task."""
    actor.require(Right.LABEL)
    labels = Label.objects.filter(item__task=task).select_related("person")
    given: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for label in labels:
        (passed if label.values is None else given)[str(label.person)] += 1
    names = sorted({*given, *passed}, key=lambda name: (-given[name], name))
    return [Labeller(name, given[name], passed[name]) for name in names]
