"""Platforms are asked regularly: every poll that a live channel's connector file declares.

Of several workers one asks at a time (an advisory lock of the database); where it dies another
takes over. A page and the place in the pages are kept in one transaction, so that nothing is
skipped; what is read twice is known by its key. A page is applied like any other delivery.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import close_old_connections, connection
from django.db.transaction import atomic
from django.utils import timezone

from tradewind.channels import deliveries
from tradewind.channels.connector import polling
from tradewind.channels.connector.egress import Answered
from tradewind.channels.connector.errors import PollFailed
from tradewind.channels.connector.model import Connector, PollRule
from tradewind.channels.connector.polling import PollPage
from tradewind.channels.models import Channel, ChannelState
from tradewind.channels.parsing import platforms, poll_transport
from tradewind.channels.sealing import account_of
from tradewind.channels.sending import egress
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace

LOOK = 2.0  # seconds between looks for what is due
EVERY = 300  # seconds between two runs where the file names none
GO_ON = 1.0  # a run that stopped in the middle of the pages goes on
PAUSE = 5.0  # seconds after a failure, doubled up to LONGEST
LONGEST = 900.0
AT_ONCE = 4  # ordinary polls at once in this process; long ones wait in threads of their own
_LOCK = 7465
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A poll whose time has come."""

    workspace_id: int
    channel_id: int
    name: str
    is_long: bool


def watch_all(stop: threading.Event) -> None:
    """Start what is due, each in a thread, until told to stop."""
    running: dict[tuple[int, str], tuple[threading.Thread, Due]] = {}
    while not stop.is_set():
        close_old_connections()
        running = {key: pair for key, pair in running.items() if pair[0].is_alive()}
        short = sum(not due.is_long for _, due in running.values())
        for due in due_now():
            key = (due.channel_id, due.name)
            if key in running or (not due.is_long and short >= AT_ONCE):
                continue
            short += not due.is_long
            running[key] = (_start(due, stop), due)
        stop.wait(LOOK)


def due_now() -> list[Due]:
    """The polls of every workspace whose time has come, longest overdue first."""
    found: list[tuple[str, Due]] = []
    asked = {name: c for name, c in platforms().items() if c.polls}
    for workspace_id in Workspace.objects.values_list("id", flat=True):
        with in_workspace(workspace_id):
            live = Channel.objects.filter(platform__in=asked, state=ChannelState.LIVE)
            for channel in live.only("id", "platform", "config", "progress", "secrets"):
                found += [
                    (at, Due(workspace_id, channel.pk, rule.name, bool(rule.long_poll_s)))
                    for rule, at in _due_of(channel, asked[channel.platform])
                ]
    return [due for _, due in sorted(found, key=lambda pair: pair[0])]


def _due_of(channel: Channel, connector: Connector) -> Iterator[tuple[PollRule, str]]:
    now = timezone.now().isoformat()
    for rule in connector.polls:
        at = str(_kept(channel, rule.name).get("next_at") or "")
        if at <= now and is_wanted(channel, connector, rule):
            yield rule, at


def is_wanted(channel: Channel, connector: Connector, rule: PollRule) -> bool:
    """Whether the channel asks at all.

    Not before it was given the secrets it would ask with, as the sample's never are; and a poll
    that stands in for a webhook wants ``use_poll``.
    """
    if connector.secrets and not channel.secrets:
        return False
    return not rule.use_when or bool(channel.config.get("use_poll"))


def _start(due: Due, stop: threading.Event) -> threading.Thread:
    name = f"poll-{due.channel_id}-{due.name}"
    thread = threading.Thread(target=_work, args=(due, stop), name=name, daemon=True)
    thread.start()
    return thread


def _work(due: Due, stop: threading.Event) -> None:
    """One run; a long poll goes on asking as long as it is answered."""
    try:
        with in_workspace(due.workspace_id), alone(due.channel_id, due.name) as mine:
            if not mine or not _is_still_due(due):
                return
            while run_once(due.channel_id, due.name, is_stopped=stop.is_set):
                if not due.is_long or stop.is_set():
                    return
    except Exception:
        log.warning("poll.broke", channel=due.channel_id, poll=due.name, exc_info=True)
    finally:
        connection.close()


def _is_still_due(due: Due) -> bool:
    """Another worker may have asked between the look and the lock."""
    channel = Channel.objects.filter(pk=due.channel_id).first()
    at = str(_kept(channel, due.name).get("next_at") or "") if channel else "never"
    return at <= timezone.now().isoformat()


@contextlib.contextmanager
def alone(channel_id: int, name: str) -> Iterator[bool]:
    """Whether this process is the one that asks; another's death frees it at once."""
    digest = hashlib.sha256(f"{channel_id}:{name}".encode()).digest()
    key = [_LOCK, int.from_bytes(digest[:4], signed=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def run_once(channel_id: int, name: str, *, is_stopped: Callable[[], bool] = lambda: False) -> bool:
    """Ask the platform page by page and keep what comes; False when it did not work out.

    The reason of a failure is shown on the channel, and it is asked again later each time, or when
    the platform says.
    """
    channel = Channel.objects.filter(pk=channel_id, state=ChannelState.LIVE).first()
    connector = platforms().get(channel.platform) if channel else None
    rule = next((r for r in connector.polls if r.name == name), None) if connector else None
    if channel is None or connector is None or rule is None:
        return False
    if not is_wanted(channel, connector, rule):
        return False
    try:
        _take_in(channel, connector, rule, is_stopped)
    except PollFailed as fault:
        _note(channel_id, rule, error=str(fault), retry_after=fault.retry_after)
        return False
    except Exception as fault:  # a stranger's answer must end in a sentence on the channel
        log.exception("poll.page_broke", channel=channel_id, poll=name)
        _note(channel_id, rule, error=f"{name}: the answer broke it ({type(fault).__name__})")
        return False
    _note(channel_id, rule)
    return True


def _take_in(
    channel: Channel, connector: Connector, rule: PollRule, is_stopped: Callable[[], bool]
) -> None:
    way = egress()
    state = dict(_kept(channel, rule.name).get("state") or {})
    pages = polling.poll(
        connector, account_of(channel), state, way.client, name=rule.name, egress=way
    )
    for page in pages:
        _keep(channel.pk, rule, page)
        if is_stopped():
            return


@atomic
def _keep(channel_id: int, rule: PollRule, page: PollPage) -> None:
    if not _is_empty(rule, page):
        envelope = {"poll": rule.name, "at": timezone.now().isoformat()}
        raw = deliveries.Raw(deliveries.short_key(page.dedupe_key), page.raw, envelope)
        deliveries.accept(channel_id, [raw], transport=poll_transport(rule.name))
    _change(channel_id, rule.name, state=dict(page.state))


def _is_empty(rule: PollRule, page: PollPage) -> bool:
    """Whether the platform said that there is nothing, which need not be kept every minute."""
    if page.events or page.error or rule.items is None:
        return False
    return bool(rule.items.find(Answered(200, {}, page.raw).json) == [])


def _kept(channel: Channel, name: str) -> dict[str, Any]:
    return dict(channel.progress.get("polls", {}).get(name, {}))


@atomic
def _note(
    channel_id: int, rule: PollRule, *, error: str = "", retry_after: float | None = None
) -> None:
    """Write down how a run ended, and when the next one is due."""
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    kept = _kept(channel, rule.name)
    failures = int(kept.get("failures") or 0) + 1 if error else 0
    wait = _pause(rule, failures, retry_after) if error else _rest(rule, kept)
    now = timezone.now()
    _change(
        channel_id,
        rule.name,
        error=error,
        failures=failures,
        next_at=(now + timedelta(seconds=wait)).isoformat(),
    )
    _show(channel_id, now=now)


def _pause(rule: PollRule, failures: int, retry_after: float | None) -> float:
    usual = 0 if rule.long_poll_s else min(rule.every_s or EVERY, 60)
    wait: float = min(LONGEST, max(PAUSE, usual) * 2 ** min(failures - 1, 12))
    return max(wait, retry_after or 0.0)


def _rest(rule: PollRule, kept: dict[str, Any]) -> float:
    if "began" in (kept.get("state") or {}):
        return GO_ON
    return 0.0 if rule.long_poll_s else float(rule.every_s or EVERY)


def _change(channel_id: int, name: str, **changes: Any) -> None:
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    polls = dict(channel.progress.get("polls", {}))
    polls[name] = {**polls.get(name, {}), **changes}
    channel.progress = {**channel.progress, "polls": polls}
    channel.save(update_fields=["progress"])


def _show(channel_id: int, *, now: datetime) -> None:
    """The channel's page says what goes wrong in any of its polls."""
    channel = Channel.objects.get(pk=channel_id)
    errors = [kept.get("error") for kept in channel.progress.get("polls", {}).values()]
    text = " ".join(error for error in errors if error)
    channel.last_polled_at = now
    if text != channel.last_error:
        channel.last_error, channel.last_error_at = text, now if text else None
    channel.save(update_fields=["last_polled_at", "last_error", "last_error_at"])
