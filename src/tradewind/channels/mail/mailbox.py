"""An open mailbox that is only looked at: nothing is deleted, moved or marked as read."""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import imap_tools
from imap_tools import errors as imap_errors

from tradewind.channels.mail.checks import network_sentence, tls_context
from tradewind.channels.mail.clients import ImapBox
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.channels.mail.headers import parse_date
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_INTERNAL = re.compile(rb'INTERNALDATE "([^"]+)"')
# RFC 5530: the server is busy, the password may be right.
_PASSING = re.compile(r"(?i)\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]|try again|temporar|too many")
_BATCH_BYTES = 16 * 1024 * 1024
_BATCH = 50
_SIZES_AT_ONCE = 500
# A message that arrives in the moment between listing and IDLE is seen after this time.
_IDLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """How to reach a mailbox; ``tls`` is ssl, starttls or none.

    An OAuth ``token`` wins over the ``password``. Mails over ``max_bytes`` are fetched up to
    there. ``timeout`` in seconds; ``ca_pem`` adds a private certificate authority; ``private``
    lists the servers in private networks that may be reached.
    """

    host: str
    port: int = 993
    tls: str = "ssl"
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    folder: str = "INBOX"
    timeout: float = 30.0
    max_bytes: int = 100 * 1024 * 1024
    ca_pem: str = ""
    private: PrivateHosts = NO_PRIVATE


@dataclass(frozen=True, slots=True)
class MailboxState:
    """Where reading stopped: give it back next time. The default reads from the beginning."""

    uidvalidity: int = 0
    last_uid: int = 0


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """One mail as it lies in the mailbox; ``problem`` says why ``raw`` is empty or cut."""

    uid: int
    uidvalidity: int
    raw: bytes = field(repr=False)
    internal_date: datetime | None = None
    problem: str = ""

    @property
    def state(self) -> MailboxState:
        """The state to keep once this mail is stored."""
        return MailboxState(self.uidvalidity, self.uid)


class Mailbox:
    """An open mailbox; use it as a context manager.

    Every method raises MailboxUnreachable when the connection breaks and MailboxRefused when
    the server says no. After either the mailbox has to be opened anew.
    """

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings
        self.uidvalidity = 0
        self._box: Any = None
        self.can_idle = False

    def __enter__(self) -> Self:
        self.connect()
        self.login()
        self.open_folder()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> str:
        """Reach the server and, where set, its TLS."""
        settings = self.settings
        if settings.tls not in {"ssl", "starttls", "none"}:
            raise MailboxRefused(
                f"TLS must be ssl, starttls or none; it is set to {settings.tls!r}."
            )
        with self._told():
            self._box = ImapBox(
                (settings.host, settings.port),
                timeout=settings.timeout,
                private=settings.private,
                tls=settings.tls,
                context=None if settings.tls == "none" else tls_context(settings.ca_pem),
            )
        return f"{settings.host}:{settings.port} answers ({settings.tls})."

    def login(self) -> str:
        """Sign in with the token or the password."""
        settings = self.settings
        with self._told():
            if settings.token:
                self._box.xoauth2(settings.user, settings.token, initial_folder=None)
            elif (settings.user + settings.password).isascii():
                self._box.login(settings.user, settings.password, initial_folder=None)
            else:
                self._box.login_utf8(settings.user, settings.password, initial_folder=None)
            _, found = self._box.client.capability()
        self.can_idle = b"IDLE" in b" ".join(one for one in found if one).upper().split()
        return f"Signed in as {settings.user}."

    def open_folder(self) -> str:
        """Open the folder for reading only."""
        with self._told():
            self._box.folder.set(self.settings.folder, readonly=True)
        self.uidvalidity = self._number("UIDVALIDITY")
        count = self._number("EXISTS")
        idle = "tells of new mail at once" if self.can_idle else "has to be asked for new mail"
        return f"{self.settings.folder} holds {count} mails; the server {idle}."

    def close(self) -> None:
        """Leave; a connection that is gone already is no error."""
        if self._box is None:
            return
        try:
            self._box.logout()
        except (OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError):
            self._box.client.shutdown()
        self._box = None

    def end(self) -> MailboxState:
        """The state behind the newest mail, to read only what comes from now on."""
        return MailboxState(self.uidvalidity, max(self.uids("ALL"), default=0))

    def uids(self, criteria: str) -> list[int]:
        """UIDs that match an IMAP search, rising."""
        with self._told():
            answer, found = self._box.client.uid("SEARCH", criteria)
        if answer != "OK":
            raise MailboxRefused(f"The server refused the search {criteria!r}: {found!r}.")
        return sorted(int(uid) for line in found if line for uid in line.split())

    def new_uids(self, state: MailboxState) -> list[int]:
        """UIDs behind the state; all of them when the server numbered its mails anew."""
        last = state.last_uid if state.uidvalidity == self.uidvalidity else 0
        # n:* always names the last mail, even one before n.
        return [uid for uid in self.uids(f"UID {last + 1}:*") if uid > last]

    def missing_uids(self, state: MailboxState, known: Collection[int]) -> list[int]:
        """UIDs up to the state that the server has and the caller does not know."""
        if state.uidvalidity != self.uidvalidity or not state.last_uid:
            return []
        seen = set(known)
        return [uid for uid in self.uids(f"UID 1:{state.last_uid}") if uid not in seen]

    def fetch(self, uids: Sequence[int]) -> Iterator[FetchedMail]:
        """The mails of these UIDs in order; one deleted meanwhile is left out."""
        for start in range(0, len(uids), _SIZES_AT_ONCE):
            some = uids[start : start + _SIZES_AT_ONCE]
            answers = self._fetch(some, "RFC822.SIZE")
            sizes = {uid: int(hit[1]) for uid, head, _ in answers if (hit := _SIZE.search(head))}
            for batch in _batches(
                [uid for uid in some if uid in sizes], sizes, self.settings.max_bytes
            ):
                yield from self._bodies(batch, sizes)

    def _bodies(self, batch: Sequence[int], sizes: dict[int, int]) -> Iterator[FetchedMail]:
        most = self.settings.max_bytes
        part = f"<0.{most}>" if sizes[batch[0]] > most else ""
        answers = self._fetch(batch, f"(INTERNALDATE BODY.PEEK[]{part})")
        # A server may tell in between that another program marked a mail: that is not its body.
        got = {uid: (head, raw) for uid, head, raw in answers if b"BODY[" in head}
        for uid in batch:
            if uid not in got:  # moved or deleted since it was listed
                continue
            head, raw = got[uid]
            problem = ""
            if not raw:
                problem = f"The server lists mail {uid} but does not hand it out."
            elif part:
                problem = f"The mail has {sizes[uid]:,} bytes; only {most:,} were fetched."
            yield FetchedMail(uid, self.uidvalidity, raw, _internal(head), problem)

    def _fetch(self, uids: Sequence[int], what: str) -> list[tuple[int, bytes, bytes]]:
        """UID, head of the answer and literal of each mail."""
        with self._told():
            answer, found = self._box.client.uid("FETCH", ",".join(map(str, uids)), what)
        if answer != "OK":
            raise MailboxRefused(f"The server refused to hand out mails: {found!r}.")
        rows: list[tuple[bytes, bytes]] = []
        for item in found:
            if isinstance(item, tuple):
                rows.append((item[0], item[1]))
            elif item and rows and not _UID.search(rows[-1][0]):
                # Some servers send UID behind the body.
                rows[-1] = (rows[-1][0] + item, rows[-1][1])
            elif item and item != b")":
                rows.append((item, b""))
        return [(int(hit[1]), head, raw) for head, raw in rows if (hit := _UID.search(head))]

    def wait(self, timeout: float, state: MailboxState | None = None) -> bool:
        """True as soon as there is new mail; False after ``timeout`` seconds.

        Returns False at once where the server cannot tell (poll then).
        """
        until = time.monotonic() + timeout
        before = state or self.end()
        while True:
            if self.new_uids(before):
                return True
            left = until - time.monotonic()
            if left <= 0 or not self.can_idle:
                return False
            if any(b"EXISTS" in one for one in self._idle(min(left, _IDLE_SECONDS))):
                return True

    def _idle(self, seconds: float) -> list[bytes]:
        with self._told():
            return list(self._box.idle.wait(timeout=seconds))

    def _number(self, name: str) -> int:
        found = self._box.client.untagged_responses.get(name) or [b"0"]
        return int(found[-1] or 0)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the libraries as ours, with a sentence."""
        host, port = self.settings.host, self.settings.port
        try:
            yield
        except imaplib.IMAP4.abort as error:
            raise MailboxUnreachable(f"{host} dropped the connection ({error}).") from error
        except imap_errors.MailboxFolderSelectError as error:
            said = _said(error.command_result)
            raise MailboxRefused(
                f"The folder {self.settings.folder!r} cannot be read: {said}."
            ) from error
        except (imap_tools.ImapToolsError, imaplib.IMAP4.error) as error:
            said = (_said(getattr(error, "command_result", None)) or str(error)).rstrip(".")
            kind = MailboxUnreachable if _PASSING.search(said) else MailboxRefused
            raise kind(f"{host} refused {self.settings.user!r}: {said}.") from error
        except (OSError, EOFError) as error:
            raise MailboxUnreachable(network_sentence(error, host=host, port=port)) from error


def _batches(uids: Sequence[int], sizes: dict[int, int], most: int) -> Iterator[list[int]]:
    """Runs of mails that fit in memory; one that has to be cut goes alone."""
    batch: list[int] = []
    weight = 0
    for uid in uids:
        limit = min(_BATCH_BYTES, most)
        if batch and (len(batch) >= _BATCH or weight + sizes[uid] > limit):
            yield batch
            batch, weight = [], 0
        batch.append(uid)
        weight += sizes[uid]
    if batch:
        yield batch


def _internal(head: bytes) -> datetime | None:
    hit = _INTERNAL.search(head)
    when = parse_date(hit[1].decode("ascii", "replace").replace("-", " ", 2)) if hit else None
    return when.astimezone(UTC) if when else None


def _said(result: Any) -> str:
    if not result:
        return ""
    lines = [one for one in result[1] if one]
    return " ".join(
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in lines
    )
