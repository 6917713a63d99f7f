"""Conversations, messages and everything that hangs on them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
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

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, related_name="+")
    buyer = models.ForeignKey(
        Buyer, on_delete=models.SET_NULL, null=True, related_name="conversations"
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="+")
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
    assignee = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
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
            models.Index("workspace", F("last_message_at").desc(), F("id").desc(), name="conv_new"),
            models.Index("workspace", F("id").desc(), name="conv_id"),
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
            models.Index(
                "workspace", "order", condition=Q(order__isnull=False), name="conv_order"
            ),
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


class Direction(models.TextChoices):
    IN = "in", _("From the buyer")
    OUT = "out", _("From us")
    SYSTEM = "system", _("From the platform")


class Message(Owned):
    """One utterance. ``text`` is what is new in it, ``quoted`` the history it dragged along."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=320, null=True)
    direction = models.CharField(max_length=6, choices=Direction)
    author = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    author_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    # Made safe before it is stored; empty when the message was plain text.
    html = models.TextField(blank=True)
    # Message-ID, References and the like of a mail.
    headers = models.JSONField(default=dict)
    # Written by a machine: an out-of-office notice, a bounce, a newsletter.
    is_auto = models.BooleanField(default=False)
    sent_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "channel", "external_id", name="one_message", condition=Q(external_id__isnull=False)
            )
        ]
        indexes = [models.Index("conversation", "sent_at", "id", name="message_in_order")]

    def __str__(self) -> str:
        return self.text[:60]


class SearchText(Owned):
    """The words of a message, for search; filled within a second of its arrival."""

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return str(self.message_id)


class Pending(Owned):
    """A message that still waits for its search words and its deeper reading; dropped when done."""

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.message_id)


class AttachmentState(models.TextChoices):
    STORED = "stored", _("Stored")
    REMOTE = "remote", _("Still on the platform")
    REFUSED = "refused", _("Refused")


class Attachment(Owned):
    """A file of a message or of a draft."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, related_name="attachments"
    )
    draft = models.ForeignKey(
        "Draft", on_delete=models.CASCADE, null=True, related_name="attachments"
    )
    name = models.CharField(max_length=255)
    mime = models.CharField(max_length=120, default="application/octet-stream")
    size = models.PositiveBigIntegerField(default=0)
    content_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=AttachmentState, default=AttachmentState.STORED)
    # Key in the file store; empty unless stored.
    storage_key = models.CharField(max_length=200, blank=True)
    # Platform's id or URL of a file that is still there; the reason of a refusal.
    remote = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name


class Note(Owned):
    """Said among colleagues; never leaves the house."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    mentions = ArrayField(models.BigIntegerField(), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [GinIndex(fields=["mentions"], name="note_mentions")]

    def __str__(self) -> str:
        return self.text[:60]


class Draft(Owned):
    """What somebody is writing; seen by the team, kept on the server."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    is_note = models.BooleanField(default=False)
    text = models.TextField(blank=True)
    # The newest message the writer had seen: the guard against answering past a newer one.
    base_message_id = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("conversation", "author", "is_note", name="one_draft")
        ]

    def __str__(self) -> str:
        return self.text[:60]


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
