"""The problem map, readings and corrections."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from tradewind.identity.models import Person
from tradewind.identity.owned import Owned
from tradewind.inbox.models import Message


class ProblemMap(Owned):
    """One version of the tree of intents; a change makes the next version.

    ``nodes``: [{"code": "logistics.delay", "en": …, "zh": …, "belongs": …, "not": …, "severity":
    0–3, "active": true}], branches have a code without a dot.
    """

    version = models.PositiveIntegerField()
    nodes = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "version", name="one_map_version")]

    def __str__(self) -> str:
        return f"v{self.version}"


class Reading(Owned):
    """What one model said of one message; the newest is shown, the others are kept."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="readings", db_index=False
    )
    model = models.CharField(max_length=60)
    map_version = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=12)
    intent = models.CharField(max_length=60)
    confidence = models.FloatField()
    also = ArrayField(models.CharField(max_length=60), default=list)
    complaint = models.CharField(max_length=10)
    emotion = models.CharField(max_length=14)
    threats = ArrayField(models.CharField(max_length=20), default=list)
    urgency = models.CharField(max_length=10)
    entities = models.JSONField(default=dict)
    # [{"label", "start", "end"}] in code points of message.text
    evidence = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("message", "model", name="one_reading_per_model")]

    def __str__(self) -> str:
        return f"{self.intent} {self.confidence:.2f}"


class Correction(Owned):
    """A person says what is right; kept for ever, it is what models learn from."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="corrections")
    # language, intent, complaint, emotion, threats, urgency
    field = models.CharField(max_length=12)
    was = models.JSONField()
    now = models.JSONField()
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    map_version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index("workspace", models.F("id").desc(), name="correction_newest")]

    def __str__(self) -> str:
        return f"{self.field}: {self.now}"


class Unsure(Owned):
    """A message the readers here were not sure of, waiting for the language model."""

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.message_id)


class ModelOpinion(Owned):
    """What the language model said of a text, by a hash of model, rules and text; no words."""

    key = models.CharField(max_length=64)
    # As in nlp.llm.contract.Opinion
    opinion = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "key", name="one_model_opinion")]
        indexes = [models.Index("workspace", "at", name="model_opinion_oldest")]

    def __str__(self) -> str:
        return self.key


class ModelDay(Owned):
    """What the language model did and cost on one day (UTC): calls, tokens, and messages."""

    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    # Messages as in nlp.llm.reader.Tally
    known = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unasked = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "day", name="one_model_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls}"


class ModelPause(Owned):
    """Failures of the language model in a row, and until when it is not asked."""

    failures = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", name="one_model_pause")]

    def __str__(self) -> str:
        return str(self.failures)
