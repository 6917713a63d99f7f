"""A Dovecot for the mail tests, started once."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.channels.mail import dovecot as dovecot_server
from tests.channels.mail.dovecot import PASSWORD, Dovecot
from tradewind.channels.contract import Account
from tradewind.channels.mail.imap import MailboxSettings
from tradewind.core.hosts import PrivateHosts

_numbers = itertools.count(1)
LOOPBACK = PrivateHosts.of(["127.0.0.0/8"])


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    if dovecot_server.binary() is None:
        pytest.skip("Dovecot is not installed; Debian's package dovecot-imapd brings it.")
    # Not tmp_path: the path of a unix socket may have 107 letters only.
    root = Path(tempfile.mkdtemp(prefix="tw-dovecot-"))
    server = dovecot_server.prepare(root)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def frail_dovecot() -> Iterator[Dovecot]:
    """A server that a test may stop and start again."""
    with running_dovecot() as server:
        yield server


@pytest.fixture
def mailbox(dovecot: Dovecot) -> MailboxSettings:
    """Settings of a new, empty mailbox."""
    user = f"service{next(_numbers)}"
    return MailboxSettings(
        "127.0.0.1", dovecot.port, "none", user=user, password=PASSWORD, timeout=10,
        private=LOOPBACK,
    )  # fmt: skip


@pytest.fixture
def account() -> Account:
    """The mailbox service@tradewind.example with a key for its tokens."""
    return Account(
        id="a1",
        platform="email",
        config={"address": "service@tradewind.example", "aliases": ["Help@Tradewind.example"]},
        secrets={"thread_key": "new-key", "thread_key.previous": "old-key"},
    )
