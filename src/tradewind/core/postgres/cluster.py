"""The life of one embedded PostgreSQL server in one folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from tradewind.core.errors import OperatorError
from tradewind.core.home import write_private
from tradewind.core.postgres import processes
from tradewind.core.postgres.account import Account
from tradewind.core.postgres.conf import HBA, write_conf
from tradewind.core.postgres.place import locked, settle
from tradewind.core.postgres.programs import find_programs, major_of, reachable_programs
from tradewind.core.processes import free_port, is_free, tied_to_parent

SUPERUSER = "tradewind_super"
SPARE = Path("/var/lib/tradewind")
START_SECONDS = 60.0
# A crash leaves log to replay; as long as the server lives and works on it, we wait.
RECOVERY_SECONDS = 600.0
LONGEST_SOCKET_PATH = 90


class Cluster:
    """One PostgreSQL server: its files in ``folder``, on 127.0.0.1 at a port it remembers.

    ``port`` fixes the port. ``fast`` is for tests: nothing is safe from a power cut.
    ``tied`` makes the server stop when the thread that started it ends, even by kill -9.
    ``spare`` is where root puts what the service user cannot reach in ``folder``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        fast: bool = False,
        tied: bool = False,
        spare: Path = SPARE,
    ) -> None:
        self.folder = folder.absolute()
        self.started_here = False
        self._fixed_port = port
        self._fast = fast
        self.tied = tied
        self._spare = spare
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.started_here:
            self.stop()

    @property
    def place(self) -> Path:
        """The folder the files really lie in: ``folder`` may lead elsewhere for root."""
        return self.folder.resolve()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """The file the server writes its log to."""
        return self.place / "log"

    @property
    def name(self) -> str:
        """Tag in the titles of the server's processes, by which leftovers are known."""
        return f"tradewind-{hashlib.sha256(str(self.data).encode()).hexdigest()[:10]}"

    @property
    def is_initialised(self) -> bool:
        """Whether a server has been made here."""
        return (self.data / "PG_VERSION").is_file()

    @property
    def port(self) -> int:
        """The port the server listens on, as remembered from its last start."""
        return int(self._remembered("port"))

    @property
    def password(self) -> str:
        """The superuser's password."""
        return self._remembered("password")

    @property
    def sockets(self) -> Path:
        """The folder of the server's Unix socket, short enough for the system's limit."""
        inside = self.place / "run"
        if len(str(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        return Path("/tmp") / f".{self.name}"  # noqa: S108  # its owner is checked when made

    def url(self, *, user: str = SUPERUSER, password: str | None = None, database: str) -> str:
        """Give the address of a database here, the superuser's unless told otherwise."""
        secret = self.password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        """The superuser's address, for making databases and roles."""
        return self.url(database="postgres")

    def is_running(self) -> bool:
        """Say whether this folder's server process lives (it may still be starting)."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Give the server's process id when it lives."""
        if self._child is not None:
            self._child.poll()  # else a dead child stays a zombie
        return processes.find_postmaster(self.data)

    def start(self) -> None:
        """Bring the server up and wait until it answers; does nothing when it already does.

        Raises OperatorError with the end of the server's log when it will not start.
        """
        account = settle(self.folder, spare=self._spare)
        with locked(self.place):
            if self._joins():
                return
            self.recover()
            self._launch_somewhere(account)
            self.started_here = True

    def stop(self) -> None:
        """Stop the server and wait until it is gone: politely, then at once if it will not."""
        if not self.place.is_dir():
            return
        with locked(self.place):
            processes.stop_postmaster(self.data)
            if self._child is not None:
                self._child.wait()
            self._child = None
            self.started_here = False

    def recover(self) -> None:
        """Clear what a killed server left, so that a start can succeed.

        Processes of this folder that outlived their server are waited for, then ended;
        ``postmaster.pid`` goes only when no server of this folder lives.
        """
        pid_file = self.data / "postmaster.pid"
        if self.is_running() or not pid_file.exists():
            return
        processes.end_leftovers(self.name)
        # The socket's lock names the dead server too, and a zombie's number counts as alive.
        for left in (*self.sockets.glob(".s.PGSQL.*"), pid_file):
            left.unlink(missing_ok=True)

    def _joins(self) -> bool:
        """Wait for a server that another start left; False when there is none or it is ending."""
        while self.is_running():
            if processes.postmaster_state(self.data) == "ready":
                return True
            time.sleep(0.02)
        return False

    def _launch_somewhere(self, account: Account) -> None:
        version = self._version_on_disk()
        found = find_programs(major=version)
        programs = reachable_programs(found, account, spare=self._spare)
        if version is None:
            self._initialise(programs, account)
        for last in (False, True):
            self._write_settings(account, port=self._choose_port(), major=major_of(programs))
            try:
                self._launch(programs, account)
            except OperatorError:
                # Somebody may have taken the port since we looked; once more with another.
                if last or self._fixed_port is not None or is_free("127.0.0.1", self.port):
                    raise
            else:
                return

    def _version_on_disk(self) -> int | None:
        if not self.is_initialised:
            return None
        return int((self.data / "PG_VERSION").read_text(encoding="ascii").split(".")[0])

    def _initialise(self, programs: Path, account: Account) -> None:
        # Built aside and renamed, so that an interrupted first start leaves nothing half.
        draft = self.place / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._remember("password", secrets.token_urlsafe(32), account)
        command = [str(programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8"]
        command += ["-A", "scram-sha-256", f"--pwfile={self.place / 'password'}"]
        command += ["--no-instructions", "--data-checksums"]
        if major_of(programs) >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--locale=C.UTF-8"]
        if self._fast:
            command.append("--no-sync")
        done = subprocess.run(  # noqa: S603
            command, cwd=self.place, env=_environment(), capture_output=True, **account.credentials
        )
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise OperatorError(f"The database could not be made in {self.place}: {said[-600:]}")
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude = 'tradewind.conf'\n")
        (draft / "pg_hba.conf").write_text(HBA, encoding="utf-8")
        draft.replace(self.data)

    def _write_settings(self, account: Account, *, port: int, major: int) -> None:
        sockets = self.sockets
        sockets.mkdir(mode=0o700, exist_ok=True)
        if sockets.stat().st_uid not in (os.geteuid(), account.uid) or sockets.is_symlink():
            raise OperatorError(f"The folder {sockets} belongs to somebody else; remove it.")
        account.own(sockets)
        write_conf(
            self.data, port=port, sockets=sockets, name=self.name, major=major, fast=self._fast
        )
        account.own(self.data / "tradewind.conf")
        self._remember("port", str(port), account)

    def _choose_port(self) -> int:
        if self._fixed_port is not None:
            return self._fixed_port
        known = self.place / "port"
        if known.is_file() and is_free("127.0.0.1", self.port):
            return self.port
        return free_port()

    def _launch(self, programs: Path, account: Account) -> None:
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603
                [str(programs / "postgres"), "-D", str(self.data)],
                cwd=self.place,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal must reach us alone: we stop things in order.
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGINT) if self.tied else None,
                **account.credentials,
            )
        self._wait_ready()

    def _wait_ready(self) -> None:
        begun = time.monotonic()
        while True:
            state = processes.postmaster_state(self.data)
            alive = self._child.poll() is None if self._child is not None else self.is_running()
            if state == "ready" and self.is_running():
                return
            waited = time.monotonic() - begun
            if not alive or waited > (RECOVERY_SECONDS if state else START_SECONDS):
                break
            time.sleep(0.02)
        raise OperatorError(
            f"The database in {self.place} did not start. The end of its log: {self._log_end()}"
        )

    def _log_end(self) -> str:
        if not self.log.is_file():
            return "(none)"
        return self.log.read_bytes()[-1500:].decode(errors="replace").strip() or "(none)"

    def _remember(self, name: str, value: str, account: Account) -> None:
        write_private(self.place / name, value.encode())
        account.own(self.place / name)

    def _remembered(self, name: str) -> str:
        try:
            return (self.place / name).read_text(encoding="ascii").strip()
        except OSError as error:
            raise OperatorError(
                f"The embedded database at {self.folder} is not there or not readable by this "
                "user; `tradewind run` makes it."
            ) from error


def _environment() -> dict[str, str]:
    # Nothing of ours (secrets above all) belongs in the server's environment.
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
