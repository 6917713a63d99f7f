"""Files of messages and drafts: put in, handed out, taken away."""

from __future__ import annotations

from django.db.models import Q
from django.db.transaction import atomic

from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right
from tradewind.identity.scope import current_workspace_id
from tradewind.inbox.models import Attachment, AttachmentState, Conversation, Draft
from tradewind.inbox.queries import visible_to
from tradewind.inbox.storage import file_store, key_for

MAX_BYTES = 40 * 1024 * 1024
MAX_FILES = 20


@atomic
def attach(
    actor: Actor, conversation: Conversation, *, name: str, mime: str, data: bytes
) -> Attachment:
    """Put a file to the reply this person is writing."""
    actor.require(Right.ANSWER)
    if not data:
        raise Invalid(f"file: “{name}” is empty")
    if len(data) > MAX_BYTES:
        raise Invalid(
            f"file: “{name}” has {len(data) // 2**20} MB, wanted at most {MAX_BYTES // 2**20} MB"
        )
    draft, _ = Draft.objects.get_or_create(
        conversation=conversation, author=actor.person, is_note=False
    )
    if draft.attachments.count() >= MAX_FILES:
        raise Invalid(f"file: a reply takes at most {MAX_FILES} files")
    key = key_for(current_workspace_id(), data)
    file_store().put(key, data)
    return Attachment.objects.create(
        draft=draft,
        name=_plain(name) or "file",
        mime=mime[:120] or "application/octet-stream",
        size=len(data),
        storage_key=key,
    )


def _plain(name: str) -> str:
    """A file name without path and control characters, which a stranger's could have."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:255].strip()


@atomic
def detach(actor: Actor, attachment_id: int) -> Conversation:
    """Take a file off one's own draft; the conversation it was in."""
    actor.require(Right.ANSWER)
    row = (
        Attachment.objects.select_related("draft__conversation")
        .filter(pk=attachment_id, draft__author_id=actor.person_id)
        .first()
    )
    if row is None or row.draft is None:
        raise NotFound("file")
    row.delete()
    return row.draft.conversation


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """A file of a conversation that the actor may see; raises NotFound."""
    seen = visible_to(actor)
    row = (
        Attachment.objects.select_related("message__channel")
        .filter(Q(message__conversation__in=seen) | Q(draft__conversation__in=seen))
        .filter(pk=attachment_id)
        .first()
    )
    if row is None:
        raise NotFound("file")
    return row


def store(row: Attachment, data: bytes, *, mime: str = "") -> Attachment:
    """Keep the bytes of a file that was still on the platform."""
    row.storage_key = key_for(current_workspace_id(), data)
    file_store().put(row.storage_key, data)
    row.size, row.state, row.reason = len(data), AttachmentState.STORED, ""
    row.mime = (mime or row.mime)[:120]
    row.save(update_fields=["storage_key", "size", "state", "reason", "mime"])
    return row


def read(row: Attachment) -> bytes:
    """The bytes of a stored file; raises NotFound."""
    if not row.storage_key:
        raise NotFound("file")
    try:
        return file_store().get(row.storage_key)
    except FileNotFoundError:
        raise NotFound("file") from None
