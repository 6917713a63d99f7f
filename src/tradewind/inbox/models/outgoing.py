"""Replies on their way out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tradewind.identity.models import Person
from tradewind.identity.owned import Owned
from tradewind.inbox.models.messages import Message


class SendState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    ACCEPTED = "accepted", _("Accepted")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Not delivered")
    # The line broke after the text had left: a person decides whether to send again.
    UNSURE = "unsure", _("Unsure")


class Outgoing(Owned):
    """A reply on its way out. *Accepted* means that the platform said so."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="outgoing")
    idempotency_key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=SendState, default=SendState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now)
    platform_id = models.CharField(max_length=320, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    # Somebody looked on the platform: the buyer has it, though the platform never answered.
    vouched_by = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    vouched_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "idempotency_key", name="one_outgoing")]
        indexes = [
            models.Index(
                "next_try_at", condition=Q(state__in=["queued", "sending"]), name="outgoing_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.platform_id}"
