"""Conversations, what ties messages to them, and what was done to them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tradewind.channels.models import Channel
from tradewind.commerce.models import Buyer, Order, Store
from tradewind.identity.models import Person, Team
from tradewind.identity.owned import Owned


class State(models.TextChoices):
    OPEN = "open", _("Open")
    PENDING = "pending", _("Waiting for the buyer")
    SNOOZED = "snoozed", _("Snoozed")
    RESOLVED = "resolved", _("Resolved")


class Conversation(Owned):
    """A thread with one buyer.

    ``rank_at`` is the one order of "most urgent first": the nearest deadline, moved earlier by
    severity (routing.services says how much); a conversation that owes nobody an answer ranks last.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    store = models.ForeignKey(
        Store, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    buyer = models.ForeignKey(
        Buyer, on_delete=models.SET_NULL, null=True, related_name="conversations", db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # What a connector needs to answer: chat id, relay address, platform thread.
    external_id = models.CharField(max_length=320, blank=True)
    # Anything else a reply needs (business_connection_id, mail address), as the channel told it.
    reply_context = models.JSONField(default=dict)
    platform = models.CharField(max_length=32, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    buyer_name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)

    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    snoozed_until = models.DateTimeField(null=True)
    assignee = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    assigned_because = models.CharField(max_length=200, blank=True)

    # Of the newest buyer message that said something; kept by triage and routing.
    language = models.CharField(max_length=12, blank=True)
    intent = models.CharField(max_length=60, blank=True)
    complaint = models.CharField(max_length=10, blank=True)
    emotion = models.CharField(max_length=14, blank=True)
    threats = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    priority = models.SmallIntegerField(default=0)

    platform_due_at = models.DateTimeField(null=True)
    company_due_at = models.DateTimeField(null=True)
    rank_at = models.DateTimeField(default=timezone.now)

    preview = models.CharField(max_length=200, blank=True)
    last_message_id = models.BigIntegerField(null=True)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_is_ours = models.BooleanField(default=False)
    message_count = models.PositiveIntegerField(default=0)
    unread_count = models.PositiveIntegerField(default=0)
    has_failed_send = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                "workspace", "rank_at", "id", condition=~Q(state="resolved"), name="conv_urgent"
            ),
            models.Index(
                "workspace",
                "assignee",
                "rank_at",
                "id",
                condition=~Q(state="resolved"),
                name="conv_assignee",
            ),
            models.Index(
                "workspace", "rank_at", "id", condition=Q(state="resolved"), name="conv_resolved"
            ),
            models.Index("workspace", F("last_message_at").desc(), F("id").desc(), name="conv_new"),
            models.Index("buyer", F("id").desc(), name="conv_buyer"),
            models.Index("workspace", "id", condition=Q(has_failed_send=True), name="conv_failed"),
            models.Index("snoozed_until", condition=Q(state="snoozed"), name="conv_snoozed"),
            # One for each view that people have counted all day long.
            models.Index(
                "workspace",
                "store",
                "rank_at",
                "id",
                condition=~Q(state="resolved"),
                name="conv_store",
            ),
            models.Index(
                "workspace",
                "platform_due_at",
                condition=~Q(state="resolved") & Q(platform_due_at__isnull=False),
                name="conv_platform_due",
            ),
            models.Index(
                "workspace",
                "company_due_at",
                condition=~Q(state="resolved") & Q(company_due_at__isnull=False),
                name="conv_company_due",
            ),
            models.Index(
                "workspace",
                "rank_at",
                "id",
                condition=~Q(state="resolved") & (Q(urgency="critical") | ~Q(threats=[])),
                name="conv_risk",
            ),
            models.Index("workspace", "order", condition=Q(order__isnull=False), name="conv_order"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class ThreadKey(Owned):
    """What ties a message to its conversation: a platform thread, an order number, a Message-ID.

    ``key`` is ``<channel id>:<kind>:<value>``, as journey.arrival makes it.
    """

    key = models.CharField(max_length=420)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "key", name="one_thread")]
        indexes = [models.Index("conversation", name="threadkey_conversation")]

    def __str__(self) -> str:
        return self.key


class AwaitedOrder(Owned):
    """A conversation names an order that is not known yet; without the sign before the number."""

    number = models.CharField(max_length=120)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("workspace", "number", "conversation", name="awaited_once")
        ]
        indexes = [models.Index("conversation", name="awaited_conversation")]

    def __str__(self) -> str:
        return self.number


class Activity(Owned):
    """Something done to a conversation: assigned, resolved, snoozed, reopened, corrected."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="activities"
    )
    at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=24)
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.act


class SavedView(Owned):
    """A filter somebody gave a name."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class LiveEvent(Owned):
    """Something screens may want to know; kept an hour so that a reconnect has no gap."""

    # arrived, changed, sent, typing, viewing
    kind = models.CharField(max_length=24)
    conversation_ids = ArrayField(models.BigIntegerField(), default=list)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("workspace", "id", name="live_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.conversation_ids}"
