"""A server's folder and port: made ready, guarded against two starters at once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tradewind.core.errors import OperatorError
from tradewind.core.postgres.account import Account, account_for

LOCK_SECONDS = 700.0


def settle(folder: Path, *, spare: Path) -> Account:
    """Make the folder ready for the account that will run a server in it, and give that account.

    Where root's service user cannot reach the folder, a link there leads to a place under
    ``spare``. Raises OperatorError when neither will do.
    """
    place = folder.resolve()
    account = account_for(place)
    if _make_place(place, account):
        return account
    if not account.dropped:
        raise OperatorError(f"The database folder {place} cannot be written by {account.name}.")
    if folder.is_symlink() or (folder.is_dir() and any(folder.iterdir())):
        raise OperatorError(
            f"The user {account.name} cannot enter {place}, where the database lies. Let "
            "others enter (chmod o+x) each folder above it."
        )
    return _settle_elsewhere(folder, spare / hashlib.sha256(str(folder).encode()).hexdigest()[:12])


def _settle_elsewhere(folder: Path, place: Path) -> Account:
    account = account_for(place)
    if not _make_place(place, account):
        raise OperatorError(
            f"The user {account.name}, who runs the database for root, can enter neither "
            f"{folder} nor {place}. Set TRADEWIND_HOME to a folder others may enter."
        )
    if folder.is_dir():
        folder.rmdir()
    folder.symlink_to(place)
    return account


def _make_place(place: Path, account: Account) -> bool:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        account.own(place)
    except OSError:
        return False
    return account.may_enter(place)


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    """Hold the folder against every other program that would start or stop its server."""
    descriptor = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, place)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, place: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OperatorError(f"Another program holds the database at {place}.") from None
            time.sleep(0.05)
        else:
            return
