"""Mailboxes are read: one thread each, waiting by IDLE where the server offers it.

Of several workers one reads a mailbox at a time (an advisory lock of the database); where it dies
another takes over. What was read is accepted and the place in the mailbox kept in one transaction,
so that nothing is skipped; what is read twice is known by its Message-ID.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels import deliveries
from tradewind.channels.connector.times import from_iso
from tradewind.channels.mail import imap
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.channels.mail.event import dedupe_key
from tradewind.channels.mail.mailbox import FetchedMail, Mailbox, MailboxState
from tradewind.channels.models import Channel, ChannelState
from tradewind.channels.parsing import MAIL
from tradewind.channels.reaching import mailbox_of
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace

LOOK = 10.0  # seconds between looks for new mailboxes
WAIT = 25.0  # seconds that one IDLE lasts
POLL = 10.0  # seconds between looks where the server has no IDLE
PAUSE = 15.0  # seconds after a failure, doubled up to LONGEST
LONGEST = 300.0
# What is held in memory and accepted in one transaction, as much as the mailbox hands out at once.
AT_ONCE, AT_ONCE_BYTES = 50, 16 * 1024 * 1024
# IMAP searches by days, in the server's own zone.
_DAY = timedelta(days=1)
log = structlog.get_logger(__name__)


def watch_all(stop: threading.Event) -> None:
    """Keep a thread for every live mailbox until told to stop."""
    threads: dict[int, threading.Thread] = {}
    while not stop.is_set():
        with contextlib.suppress(Exception):
            for workspace_id, channel_id in _live_mailboxes():
                thread = threads.get(channel_id)
                if thread is None or not thread.is_alive():
                    threads[channel_id] = _start(workspace_id, channel_id, stop)
        stop.wait(LOOK if threads else 2.0)
    for thread in threads.values():
        thread.join(1.0)


def _live_mailboxes() -> list[tuple[int, int]]:
    close_old_connections()
    found = []
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            channels = Channel.objects.filter(platform="email", state=ChannelState.LIVE)
            found += [
                (workspace_id, channel.pk)
                for channel in channels
                if channel.config.get("imap_host")
            ]
    return found


def _start(workspace_id: int, channel_id: int, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(
        target=_watch,
        args=(workspace_id, channel_id, stop),
        name=f"mailbox-{channel_id}",
        daemon=True,
    )
    thread.start()
    return thread


def _watch(workspace_id: int, channel_id: int, stop: threading.Event) -> None:
    """Read one mailbox as long as it is live and nobody else reads it."""
    pause = PAUSE
    try:
        with _alone(channel_id) as mine, in_workspace(workspace_id):
            while mine and not stop.is_set():
                channel = Channel.objects.filter(pk=channel_id, state=ChannelState.LIVE).first()
                if channel is None:
                    return
                if read_once(channel):
                    pause = PAUSE
                    _wait_for_mail(channel, stop)
                else:
                    stop.wait(pause)
                    pause = min(pause * 2, LONGEST)
                close_old_connections()
    except Exception:
        log.warning("mailbox.broke", channel=channel_id, exc_info=True)
    finally:
        connection.close()


@contextlib.contextmanager
def _alone(channel_id: int) -> Iterator[bool]:
    """Whether this process is the one that reads the mailbox; another's death frees it at once."""
    with psycopg.connect(settings.APP_URL, autocommit=True) as lock:
        row = lock.execute("SELECT pg_try_advisory_lock(7463, %s)", [channel_id % 2**31]).fetchone()
        yield bool(row and row[0])


def read_once(channel: Channel) -> bool:
    """Take in what is new in the mailbox; False when it cannot be read, with the reason kept."""
    try:
        _take_in_new(channel)
    except (MailboxRefused, MailboxUnreachable) as error:
        note_error(channel, str(error))
        return False
    note_error(channel, "")
    return True


def _take_in_new(channel: Channel) -> None:
    settings = mailbox_of(channel)
    if not has_place(channel):
        start_at_end(channel)
        return
    with Mailbox(settings) as box:
        if box.uidvalidity == _state(channel).uidvalidity:
            _take_in(channel, box.fetch(box.new_uids(_state(channel))[:10_000]))
            return
        end = box.end()
    # The server numbered its mails anew: old ones that were never asked for stay where they are.
    came_at, now = _last_came(channel), timezone.now()
    days = {"since": (came_at - _DAY).date(), "until": (now + _DAY).date()}
    later = (
        mail
        for mail in imap.backfill(settings, **days)
        if mail.internal_date is None or mail.internal_date >= came_at
    )
    _take_in(channel, later, keep_place=False)
    _keep_place(channel, end, came_at=came_at)


def backfill(channel: Channel, *, since: date, until: date) -> int:
    """Take in every mail of these days; those known are passed over. How many were new."""
    return _take_in(
        channel, imap.backfill(mailbox_of(channel), since=since, until=until), keep_place=False
    )


def start_at_end(channel: Channel) -> None:
    """Read on from the mailbox's present end; raises MailboxRefused, MailboxUnreachable."""
    with Mailbox(mailbox_of(channel)) as box:
        _keep_place(channel, box.end(), came_at=timezone.now())


def has_place(channel: Channel) -> bool:
    """Whether reading stopped in the mailbox and folder that are set now, not in former ones."""
    kept = channel.progress
    # A place kept before it told of which mailbox it is counts as of this one.
    return bool(kept.get("uidvalidity")) and kept.get("mailbox") in (None, _name_of(channel))


def _name_of(channel: Channel) -> str:
    settings = mailbox_of(channel)
    return f"{settings.user}@{settings.host.lower()}/{settings.folder}"


def _state(channel: Channel) -> MailboxState:
    progress = channel.progress
    return MailboxState(
        uidvalidity=int(progress.get("uidvalidity") or 0),
        last_uid=int(progress.get("last_uid") or 0),
    )


def _last_came(channel: Channel) -> datetime:
    """When the last mail that was read reached the mailbox, as well as it is known."""
    kept = from_iso(channel.progress.get("came_at"))
    return kept or channel.last_delivery_at or timezone.now()


def _keep_place(channel: Channel, state: MailboxState, *, came_at: datetime) -> None:
    channel.progress = {
        **channel.progress,
        "mailbox": _name_of(channel),
        "uidvalidity": state.uidvalidity,
        "last_uid": state.last_uid,
        "came_at": came_at.isoformat(),
    }
    channel.save(update_fields=["progress"])


def _take_in(channel: Channel, mails: Iterator[FetchedMail], *, keep_place: bool = True) -> int:
    new, batch, weight = 0, [], 0
    for mail in mails:
        batch.append(mail)
        weight += len(mail.raw)
        if len(batch) >= AT_ONCE or weight >= AT_ONCE_BYTES:
            new += _accept(channel, batch, keep_place=keep_place)
            batch, weight = [], 0
    return new + (_accept(channel, batch, keep_place=keep_place) if batch else 0)


@atomic
def _accept(channel: Channel, batch: list[FetchedMail], *, keep_place: bool) -> int:
    accepted = deliveries.accept(channel.pk, [_raw(mail) for mail in batch], transport=MAIL)
    if keep_place:
        came = [mail.internal_date for mail in batch if mail.internal_date]
        latest = min(max([_last_came(channel), *came]), timezone.now())
        _keep_place(channel, batch[-1].state, came_at=latest)
    return sum(1 for one in accepted if one.is_new)


def _raw(mail: FetchedMail) -> deliveries.Raw:
    """A mail as a delivery; one that came without a body is no other's double."""
    unread = f"unread:{mail.uidvalidity}:{mail.uid}"
    key = deliveries.short_key(dedupe_key(mail.raw)) if mail.raw else unread
    envelope: dict[str, Any] = {"uid": mail.uid, "uidvalidity": mail.uidvalidity}
    if mail.internal_date:
        envelope["came_at"] = mail.internal_date.isoformat()
    if mail.problem:
        envelope["problem"] = mail.problem
    return deliveries.Raw(key, mail.raw, envelope)


def note_error(channel: Channel, text: str) -> None:
    """Show on the channel's page how its last reading went."""
    now = timezone.now()
    channel.last_polled_at = now
    if text != channel.last_error:
        channel.last_error, channel.last_error_at = text, now if text else None
    channel.save(update_fields=["last_polled_at", "last_error", "last_error_at"])


def _wait_for_mail(channel: Channel, stop: threading.Event) -> None:
    """Until there is mail, the wait is over, or the server cannot wait."""
    begun = time.monotonic()
    try:
        has_mail = imap.wait(mailbox_of(channel), timeout=WAIT, state=_state(channel))
    except (MailboxRefused, MailboxUnreachable):
        has_mail = False
    if not has_mail and time.monotonic() - begun < POLL:
        stop.wait(POLL)
