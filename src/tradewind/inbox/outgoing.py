"""Replies on their way out: one row each, in the transaction that wrote the reply."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels.contract import Receipt, SendStatus
from tradewind.inbox import live
from tradewind.inbox.models import Conversation, Message, Outgoing, SendState

MAX_ATTEMPTS = 8
# A send that was begun and never ended is looked at again after this long.
STALE = timedelta(minutes=10)
_ORDER = [SendState.ACCEPTED, SendState.DELIVERED, SendState.READ]


def claim_due(limit: int = 20) -> list[int]:
    """Take replies that are due, marked *sending* and committed before anything leaves.

    A row found *sending* long after was begun by a process that died: nobody knows whether the
    platform has it, so it becomes *unsure* and a person decides. Nothing is ever sent twice.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_outgoing SET state = 'sending', attempts = attempts + 1,"
            " next_try_at = %s WHERE id IN (SELECT id FROM inbox_outgoing"
            " WHERE state = 'queued' AND next_try_at <= %s ORDER BY next_try_at, id"
            " LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id",
            [now + STALE, now, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def stale(limit: int = 100) -> list[Outgoing]:
    """Replies whose sending was begun and never ended."""
    return list(
        Outgoing.objects.filter(state=SendState.SENDING, next_try_at__lt=timezone.now())
        .select_related("message")
        .order_by("id")[:limit]
    )


@atomic
def note_result(outgoing: Outgoing, receipt: Receipt) -> None:
    """Write down what the platform answered; a passing fault is tried again, later each time."""
    outgoing.error_code, outgoing.error_text = receipt.error_code[:60], receipt.error_text
    if receipt.status is SendStatus.ACCEPTED:
        _accept(outgoing, receipt.id)
    elif receipt.uncertain:
        outgoing.state = SendState.UNSURE
    elif receipt.status is SendStatus.RETRY and outgoing.attempts < MAX_ATTEMPTS:
        outgoing.state = SendState.QUEUED
        wait = receipt.retry_after or min(3600, 5 * 3 ** (outgoing.attempts - 1))
        outgoing.next_try_at = timezone.now() + timedelta(seconds=wait)
    else:
        outgoing.state = SendState.FAILED
    outgoing.save()
    _show(outgoing.message)


def _accept(outgoing: Outgoing, platform_id: str) -> None:
    outgoing.state, outgoing.accepted_at = SendState.ACCEPTED, timezone.now()
    outgoing.platform_id = platform_id[:320]
    if not platform_id:
        return
    try:
        with atomic():
            Message.objects.filter(pk=outgoing.message_id).update(external_id=platform_id[:320])
    except IntegrityError:
        # The platform's echo of this reply was quicker than its receipt: one of them is enough.
        Message.objects.filter(
            channel_id=outgoing.message.channel_id, external_id=platform_id[:320]
        ).exclude(pk=outgoing.message_id).delete()
        Message.objects.filter(pk=outgoing.message_id).update(external_id=platform_id[:320])


@atomic
def note_receipt(
    *, channel_id: int, platform_id: str, state: str, error_code: str = "", error_text: str = ""
) -> bool:
    """A later word of the platform: states only go forward; False when the reply is not ours."""
    outgoing = (
        Outgoing.objects.select_for_update(of=("self",))
        .select_related("message")
        .filter(
            Q(platform_id=platform_id) | Q(message__headers__message_id=platform_id),
            message__channel_id=channel_id,
        )
        .first()
    )
    if outgoing is None:
        return False
    if state == SendState.FAILED:
        outgoing.state = SendState.FAILED
        outgoing.error_code, outgoing.error_text = error_code[:60], error_text
    elif outgoing.state in _ORDER and _ORDER.index(SendState(state)) > _ORDER.index(
        SendState(outgoing.state)
    ):
        outgoing.state = state
    now = timezone.now()
    if state == SendState.DELIVERED:
        outgoing.delivered_at = outgoing.delivered_at or now
    if state == SendState.READ:
        outgoing.read_at = outgoing.read_at or now
    outgoing.save()
    _show(outgoing.message)
    return True


@atomic
def try_again(outgoing: Outgoing) -> None:
    """Queue a reply that did not leave (or may not have) once more, under the same key."""
    outgoing.state, outgoing.attempts = SendState.QUEUED, 0
    outgoing.next_try_at, outgoing.error_code, outgoing.error_text = timezone.now(), "", ""
    outgoing.save()
    _show(outgoing.message)


def _show(message: Message) -> None:
    failed = Outgoing.objects.filter(
        message__conversation_id=message.conversation_id,
        state__in=[SendState.FAILED, SendState.UNSURE],
    ).exists()
    Conversation.objects.filter(pk=message.conversation_id).update(has_failed_send=failed)
    live.tell("changed", [message.conversation_id])
