"""Channels, and every raw delivery that came through them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tradewind.identity.owned import Owned


class ChannelState(models.TextChoices):
    DRAFT = "draft", _("Not live yet")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class Channel(Owned):
    """One connection: a mailbox, a shop's webhook, a bot, the JSON API."""

    # Random and unguessable: it is the address /hooks/<key>.
    key = models.CharField(max_length=40, unique=True)
    # "email", "api", or the platform of a connector file.
    platform = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=ChannelState, default=ChannelState.DRAFT)
    config = models.JSONField(default=dict)
    # Sealed JSON of name to secret; see core.crypto.
    secrets = models.BinaryField(default=bytes)
    # Sealed JSON of the tokens that the platform renews; see channels.tokens.
    tokens = models.BinaryField(default=bytes)
    # Where polling stands (UIDVALIDITY and last UID of a mailbox, cursors of a platform).
    progress = models.JSONField(default=dict)
    last_delivery_at = models.DateTimeField(null=True)
    last_polled_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("workspace", "platform", name="channel_platform")]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Nothing to do")
    FAILED = "failed", _("Failed")


class Delivery(Owned):
    """One raw thing that came in, kept as it was; the queue of arrivals is this table."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    dedupe_key = models.CharField(max_length=200)
    # How the body is to be read: "webhook", "mail", "api", "poll:NAME".
    transport = models.CharField(max_length=24)
    state = models.CharField(max_length=8, choices=DeliveryState, default=DeliveryState.WAITING)
    # Method, URL and headers (lower-case names) of a webhook; UID of a mail.
    envelope = models.JSONField(default=dict)
    # Sealed; see core.crypto.
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    # Mapping warnings: fields of the body that could not be read.
    warnings = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint("channel", "dedupe_key", name="one_delivery")]
        indexes = [
            models.Index("workspace", "id", condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index("channel", "id", condition=Q(state="failed"), name="delivery_failed"),
            models.Index("channel", models.F("id").desc(), name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.transport} {self.dedupe_key}"


class Refusal(Owned):
    """A request that was not from the platform: recorded, its body not kept."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)
    ip = models.GenericIPAddressField(null=True)
    body_bytes = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index("channel", models.F("id").desc(), name="refusal_newest")]

    def __str__(self) -> str:
        return self.reason
