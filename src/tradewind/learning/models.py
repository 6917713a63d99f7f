"""Label tasks, labels, leaves that moved, and what a challenger said."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from tradewind.identity.models import Person
from tradewind.identity.owned import Owned
from tradewind.inbox.models import Message


class TaskState(models.TextChoices):
    """Whether a task still takes labels."""

    OPEN = "open"
    CLOSED = "closed"


class ItemState(models.TextChoices):
    """How far one message is: the last two count."""

    OPEN = "open"
    DISPUTED = "disputed"
    AGREED = "agreed"
    SETTLED = "settled"


class LabelTask(Owned):
    """A set of messages that ``labellers`` people label, each without seeing the others."""

    name = models.CharField(max_length=80)
    # least_sure, random, newest, import
    how = models.CharField(max_length=12)
    # {"language": "de", "intent": "logistics.delay"}, what the messages were narrowed to
    narrowed = models.JSONField(default=dict)
    labellers = models.PositiveSmallIntegerField(default=2)
    state = models.CharField(max_length=8, choices=TaskState, default=TaskState.OPEN)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("workspace", models.F("id").desc(), name="label_task_newest")]

    def __str__(self) -> str:
        return self.name


class LabelItem(Owned):
    """One message of a task. ``text`` is only of what was imported and is no message here."""

    task = models.ForeignKey(
        LabelTask, on_delete=models.CASCADE, related_name="items", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ItemState, default=ItemState.OPEN)
    # What counts, in the form of ``values.Values``; null while it is open or disputed.
    final = models.JSONField(null=True)
    settled_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("task", "position", name="one_label_position")]

    def __str__(self) -> str:
        return f"{self.position}: {self.state}"

    @property
    def said(self) -> str:
        """The words to label."""
        return self.message.text if self.message else self.text


class Label(Owned):
    """What one person said of one message; without ``values`` they passed it over."""

    item = models.ForeignKey(
        LabelItem, on_delete=models.CASCADE, related_name="labels", db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)
    map_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint("item", "person", name="one_label_per_person")]

    def __str__(self) -> str:
        return str((self.values or {}).get("intent", "–"))


class LeafMove(Owned):
    """A leaf of the problem map was renamed or merged: labels say ``now`` instead of ``was``."""

    was = models.CharField(max_length=60)
    now = models.CharField(max_length=60)
    map_version = models.PositiveIntegerField()
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("workspace", "id", name="leaf_move_in_order")]

    def __str__(self) -> str:
        return f"{self.was} → {self.now}"


class Trial(Owned):
    """What a challenger said of one message, beside what the champion said; never shown there."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = models.CharField(max_length=60)
    intent = models.CharField(max_length=60)
    confidence = models.FloatField()
    champion = models.CharField(max_length=60)
    champion_intent = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("message", "model", name="one_trial_per_model")]
        indexes = [models.Index("workspace", "model", name="trial_of_model")]

    def __str__(self) -> str:
        return f"{self.model}: {self.intent}"
