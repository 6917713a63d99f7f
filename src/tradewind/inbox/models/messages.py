"""What is said: messages, their words, files, notes, drafts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tradewind.channels.models import Channel
from tradewind.identity.models import Person
from tradewind.identity.owned import Owned
from tradewind.inbox.models.conversations import Conversation


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
