"""One program that runs the others: the database first, then web and worker, watched until told.

A child that dies is started again, after a pause that grows while it dies young; a database that
dies is brought back; SIGTERM or Ctrl-C stops the children, then the database. If the supervisor
itself is killed, the kernel tells its children to end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import structlog

from tradewind.core import processes
from tradewind.core.errors import OperatorError
from tradewind.core.postgres import Cluster

log = structlog.get_logger(__name__)

BEAT_SECONDS = 0.1
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A child that lived this long had started well: its death says nothing about the next start.
STEADY_SECONDS = 10.0
# kill -9 comes from outside (a person, the kernel short of memory): soon again all the same.
LONGEST_KILLED_PAUSE = 2.0
STOP_SECONDS = 25.0
SLOW_SECONDS = 120.0


@dataclass(frozen=True)
class Child:
    """A program to keep running: its name in the log, its command, what its environment adds."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class _Run:
    """A child's present life, and when it may live again."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.begun = 0.0
        self.pause = FIRST_PAUSE
        self.not_before = 0.0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, mark: str) -> None:
        self.begun = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own programs
            list(self.child.command),
            env={**os.environ, **self.child.env, processes.MARK: mark},
            stdin=subprocess.DEVNULL,
            # Ctrl-C reaches the supervisor alone, which stops things in order.
            start_new_session=True,
            preexec_fn=processes.tied_to_parent(signal.SIGTERM),
        )

    def look_after(self, mark: str) -> None:
        """Start the child when it is not running and its pause is over."""
        if self.is_alive:
            return
        moment = time.monotonic()
        if self.process is not None:
            self._note_death(moment)
        if moment >= self.not_before:
            self.start(mark)

    def _note_death(self, moment: float) -> None:
        code = self.process.returncode if self.process else None
        if moment - self.begun > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        if code == -signal.SIGKILL:
            self.pause = min(self.pause, LONGEST_KILLED_PAUSE)
        log.warning("child ended", child=self.child.name, code=code, again_in=self.pause)
        if self.process is not None:
            processes.end_group(self.process)
        self.process = None
        self.not_before = moment + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


class Supervisor:
    """Keeps a database and children running; ``run()`` comes back after a clean stop.

    ``address`` is where the pages will answer; when ``/readyz`` there says 200, ``on_ready`` is
    called, once (it prints ``ready ADDRESS``). ``database`` is None for an external one.
    ``prepare`` runs when the database answers, before the children start (roles, migrations).
    ``lock`` is a file that keeps a second supervisor of the same installation away.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        address: str,
        lock: Path,
        database: Cluster | None = None,
        prepare: Callable[[], None] = lambda: None,
        on_ready: Callable[[str], None] | None = None,
    ) -> None:
        self._runs = [_Run(child) for child in children]
        self._address = address.rstrip("/")
        self._lock = lock
        self._database = database
        if database is not None:
            database.tied = True  # it must not outlive us, even if we are killed
        self._prepare = prepare
        self._on_ready = on_ready or announce
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask the running supervisor to stop; safe from a signal handler or another thread."""
        self._stop.set()

    def run(self) -> None:
        """Run everything until told to stop; OperatorError when it cannot start.

        Call it from the main thread: signals and the ties of the children hang on it.
        """
        with processes.held(self._lock) as mark, self._signals(), self._ending():
            self._require_free_port()
            if self._database is not None:
                self._database.start()
            self._prepare()
            threading.Thread(target=self._await_ready, name="ready", daemon=True).start()
            while not self._stop.is_set():
                self._look_after_database()
                for run in self._runs:
                    run.look_after(mark)
                self._stop.wait(BEAT_SECONDS)

    def _require_free_port(self) -> None:
        parts = urlsplit(self._address)
        host, port = parts.hostname or "127.0.0.1", parts.port or 80
        if not processes.is_free(host, port):
            raise OperatorError(
                f"Port {port} at {host} is taken by another program. Stop it, or set "
                "TRADEWIND_PORT to a free port."
            )

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        former = {n: signal.signal(n, lambda *_: self._stop.set()) for n in numbers}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._stop.set()
            self._stop_children()
            if self._database is not None:
                self._database.stop()

    def _look_after_database(self) -> None:
        if self._database is None or self._database.is_running():
            return
        log.warning("database ended, starting it again")
        try:
            self._database.start()
        except OperatorError as error:
            log.error("database does not start", cause=str(error))
            self._stop.wait(FIRST_PAUSE)

    def _stop_children(self) -> None:
        alive = [run.process for run in self._runs if run.process is not None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            processes.end_group(process)

    def _await_ready(self) -> None:
        slow_at = time.monotonic() + SLOW_SECONDS
        # Straight to our own address, whatever proxy the environment names.
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            while not self._stop.is_set():
                if _answers(client, f"{self._address}/readyz"):
                    self._on_ready(self._address)
                    return
                if time.monotonic() > slow_at:
                    log.warning("pages do not answer yet", address=self._address)
                    slow_at += SLOW_SECONDS
                self._stop.wait(BEAT_SECONDS / 2)


def announce(address: str) -> None:
    """Print the line that says where the pages answer."""
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
