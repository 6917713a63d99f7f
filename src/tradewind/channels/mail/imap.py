"""Reading a mailbox: what is new, what was missed, what is old, and waiting for more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta

from tradewind.channels.mail.checks import Check, port_hint, provider_of_host, resolve, timed
from tradewind.channels.mail.mailbox import FetchedMail, Mailbox, MailboxSettings, MailboxState

__all__ = [
    "FetchedMail",
    "Mailbox",
    "MailboxSettings",
    "MailboxState",
    "backfill",
    "check_mailbox",
    "fetch_missing",
    "fetch_new",
    "wait",
]

_MONTHS = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]  # fmt: skip


def fetch_new(
    settings: MailboxSettings, state: MailboxState, *, limit: int = 500
) -> Iterator[FetchedMail]:
    """Up to ``limit`` mails behind the state, oldest first; keep ``mail.state`` of each stored one.

    When ``uidvalidity`` of the mails differs from the state's, the server numbered them anew:
    all come again and the dedupe key tells the known ones.
    """
    with Mailbox(settings) as box:
        yield from box.fetch(box.new_uids(state)[:limit])


def fetch_missing(
    settings: MailboxSettings, state: MailboxState, *, known: Collection[int]
) -> Iterator[FetchedMail]:
    """The mails before the state whose UIDs the caller does not know: what was lost."""
    with Mailbox(settings) as box:
        yield from box.fetch(box.missing_uids(state, known))


def backfill(settings: MailboxSettings, *, since: date, until: date) -> Iterator[FetchedMail]:
    """All mails that reached the mailbox from ``since`` to ``until``, both included."""
    with Mailbox(settings) as box:
        after = until + timedelta(days=1)
        yield from box.fetch(box.uids(f"SINCE {_imap_day(since)} BEFORE {_imap_day(after)}"))


def wait(settings: MailboxSettings, *, timeout: float, state: MailboxState | None = None) -> bool:
    """True when there is mail behind the state (default: behind the present end)."""
    with Mailbox(settings) as box:
        return box.wait(timeout, state)


def check_mailbox(settings: MailboxSettings) -> list[Check]:
    """The steps to an open folder, up to the first that fails, each with a sentence."""
    box = Mailbox(settings)
    place = (settings.host, settings.port)
    provider = provider_of_host(settings.host)
    note = provider.note if provider else ""
    steps: tuple[tuple[str, Callable[[], str], Callable[[], str]], ...] = (
        ("dns", lambda: resolve(*place, settings.private), str),
        ("connect", box.connect, lambda: port_hint(*place, (993, 143), settings.private)),
        ("login", box.login, lambda: note or "Is it the user name and password of this mailbox?"),
        ("folder", box.open_folder, lambda: "INBOX is the folder that every mailbox has."),
    )
    checks: list[Check] = []
    for name, step, hint in steps:
        checks.append(timed(name, step, hint=hint))
        if not checks[-1].ok:
            break
    box.close()
    return checks


def _imap_day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
