"""Replies on their way out: one row each, in the transaction that wrote the reply."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, connection
from django.db.models import F, Q
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels.contract import Receipt, SendStatus
from tradewind.identity.models import Person
from tradewind.inbox import live
from tradewind.inbox.models import Conversation, Direction, Message, Outgoing, SendState
from tradewind.inbox.record import preview_of

MAX_ATTEMPTS = 8
# A send that was begun and never ended is looked at again after this long.
STALE = timedelta(minutes=10)
# A reply that comes again within this time is waited for by later ones of its conversation.
SOON = timedelta(seconds=60)
# MATERIALIZED: as a plain subquery the planner may run it once per row, and then LIMIT is none.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT o.id FROM inbox_outgoing o JOIN inbox_message m ON m.id = o.message_id
    WHERE o.state = 'queued' AND o.next_try_at <= %(now)s AND NOT EXISTS (
        SELECT 1 FROM inbox_outgoing e JOIN inbox_message em ON em.id = e.message_id
        WHERE em.conversation_id = m.conversation_id AND e.id < o.id
        AND e.state IN ('queued', 'sending') AND (e.state = 'sending' OR e.next_try_at <= %(soon)s)
    )
    ORDER BY o.next_try_at, o.id LIMIT %(n)s FOR UPDATE OF o SKIP LOCKED
)
UPDATE inbox_outgoing t
SET state = 'sending', attempts = t.attempts + 1, next_try_at = %(stale)s
FROM due WHERE t.id = due.id RETURNING t.id
"""
_ORDER = [SendState.ACCEPTED, SendState.DELIVERED, SendState.READ]


def claim_due(limit: int = 20) -> list[int]:
    """Take replies that are due, marked *sending* and committed before anything leaves.

    A reply waits for an earlier one of its conversation that is leaving or about to: several
    senders must not turn their order round.

    A row found *sending* long after was begun by a process that died: nobody knows whether the
    platform has it, so it becomes *unsure* and a person decides. Nothing is ever sent twice.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "stale": now + STALE, "soon": now + SOON, "n": limit})
        return sorted(row[0] for row in cursor.fetchall())


@atomic
def put_back(outgoing: Outgoing, *, seconds: float) -> None:
    """Leave a claimed reply for later: it would be above the platform's rate; no try is counted."""
    outgoing.state, outgoing.attempts = SendState.QUEUED, max(0, outgoing.attempts - 1)
    outgoing.next_try_at = timezone.now() + timedelta(seconds=seconds)
    outgoing.save(update_fields=["state", "attempts", "next_try_at"])


def stale(limit: int = 100) -> list[Outgoing]:
    """Replies whose sending was begun and never ended, locked: call it in a transaction."""
    return list(
        Outgoing.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=SendState.SENDING, next_try_at__lt=timezone.now())
        .select_related("message")
        .order_by("id")[:limit]
    )


@atomic
def note_result(outgoing: Outgoing, receipt: Receipt) -> None:
    """Write down what the platform answered; a passing fault is tried again, later each time.

    A *yes* always counts; any other word only while nobody has decided otherwise meanwhile.
    """
    outgoing = (
        Outgoing.objects.select_for_update(of=("self",))
        .select_related("message")
        .get(pk=outgoing.pk)
    )
    if receipt.status is not SendStatus.ACCEPTED and outgoing.state != SendState.SENDING:
        return
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
    if outgoing.state not in _ORDER:  # its receipt of delivery may have been quicker
        outgoing.state = SendState.ACCEPTED
    outgoing.accepted_at = timezone.now()
    outgoing.platform_id = platform_id[:320]
    if not platform_id:
        return
    try:
        with atomic():
            Message.objects.filter(pk=outgoing.message_id).update(external_id=platform_id[:320])
    except IntegrityError:
        # The platform's echo of this reply was quicker than its receipt: one of them is enough.
        if _drop_echo(outgoing.message, platform_id[:320]):
            Message.objects.filter(pk=outgoing.message_id).update(external_id=platform_id[:320])


def _drop_echo(message: Message, platform_id: str) -> bool:
    """Forget the second copy of a reply, also in the figures of its conversation.

    False when the id is a buyer's message: that one stays.
    """
    echo = Message.objects.filter(
        channel_id=message.channel_id, external_id=platform_id, direction=Direction.OUT
    ).exclude(pk=message.pk)
    for copy in list(echo):
        conversation_id = copy.conversation_id
        copy.delete()
        last = (
            Message.objects.filter(conversation_id=conversation_id)
            .order_by("-sent_at", "-id")
            .first()
        )
        shown = Conversation.objects.filter(pk=conversation_id)
        shown.update(message_count=F("message_count") - 1)
        if last is None:
            # The platform names its thread otherwise in echoes: nothing was said in that one.
            shown.delete()
        else:
            shown.update(
                preview=preview_of(last.text),
                last_message_id=last.pk,
                last_message_at=last.sent_at,
                last_is_ours=last.direction == Direction.OUT,
            )
    return not Message.objects.filter(
        channel_id=message.channel_id, external_id=platform_id
    ).exists()


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


@atomic
def vouch(outgoing: Outgoing, person: Person | None) -> None:
    """Take a person's word that the buyer has the reply."""
    now = timezone.now()
    outgoing.state, outgoing.delivered_at = SendState.DELIVERED, now
    outgoing.vouched_by, outgoing.vouched_at = person, now
    outgoing.save()
    _show(outgoing.message)


def _show(message: Message) -> None:
    failed = Outgoing.objects.filter(
        message__conversation_id=message.conversation_id,
        state__in=[SendState.FAILED, SendState.UNSURE],
    ).exists()
    Conversation.objects.filter(pk=message.conversation_id).update(has_failed_send=failed)
    live.tell("changed", [message.conversation_id])
