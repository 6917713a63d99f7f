"""Whose account the server runs under: PostgreSQL refuses root, so root lends it another."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from tradewind.core.errors import OperatorError

SERVICE_USER = "tradewind"


class Credentials(TypedDict, total=False):
    """What ``subprocess`` takes to change user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user for the server; ``dropped`` when it is not our own."""

    name: str
    uid: int
    gid: int
    dropped: bool

    @property
    def credentials(self) -> Credentials:
        """What to add to a ``subprocess`` call so that it runs as this account."""
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Make the path this account's; raises OSError where the file system refuses."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def may_run(self, program: Path) -> bool:
        """Say whether the account can reach and run the program, by trying."""
        return self._tries([str(program), "--version"])

    def may_enter(self, folder: Path) -> bool:
        """Say whether the account can reach the folder and work in it, by trying."""
        return self._tries(["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(folder)])

    def _tries(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd="/", capture_output=True, timeout=30, **self.credentials
            )
        except OSError:
            return False
        return done.returncode == 0


def account_for(folder: Path) -> Account:
    """Give the account to run a server on this folder: ourselves, or for root a service user.

    A folder that already belongs to somebody keeps its owner. Raises OperatorError when root
    finds nobody to lend.
    """
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()), dropped=False)
    owner = folder.stat().st_uid if folder.exists() else 0
    entry = _by_uid(owner) if owner else _by_name(SERVICE_USER) or _make_service_user()
    if entry is None:
        raise OperatorError(
            f"PostgreSQL does not run as root and no user {SERVICE_USER} could be made. Run "
            f"`useradd --system {SERVICE_USER}`, start as an ordinary user, or set "
            "TRADEWIND_DATABASE_URL."
        )
    return _account(entry, dropped=True)


def _account(entry: pwd.struct_passwd, *, dropped: bool) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, dropped=dropped)


def _by_uid(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _by_name(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_service_user() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SERVICE_USER]
        subprocess.run(command, capture_output=True, timeout=60)  # noqa: S603
    return _by_name(SERVICE_USER) or _by_name("postgres") or _by_name("nobody")
