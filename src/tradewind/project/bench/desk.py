"""A desk to measure: started in a temporary folder on a free port, removed afterwards."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from tradewind.core import home as homes
from tradewind.core.errors import OperatorError
from tradewind.core.postgres.addresses import addresses

_START = 120.0


@dataclass(slots=True)
class Desk:
    """A running desk."""

    home: Path
    url: str
    process: subprocess.Popen[str]
    seconds_to_ready: float
    account: tuple[str, str] = ("", "")
    output: list[str] = field(default_factory=list)

    @property
    def database_url(self) -> str:
        """Its database, as the owner of the tables."""
        return addresses(self.home, {}).owner_url

    def connect(self) -> psycopg.Connection:
        """A connection that sees every workspace."""
        return psycopg.connect(self.database_url, autocommit=True)

    def token(self, *scopes: str) -> str:
        """An API token of the desk."""
        command = [sys.executable, "-m", "tradewind", "token", "create", "--name", "bench"]
        command += [part for scope in scopes for part in ("--scope", scope)]
        done = subprocess.run(  # noqa: S603  # our own program
            command,
            env=_environment(self.home, self.url),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OperatorError(f"no token for the bench: {done.stderr.strip()}")
        return next(word for word in done.stdout.split() if word.startswith("tw_"))

    def pss_mb(self) -> dict[str, float]:
        """Memory of each process in MB, shared pages counted in part (PSS)."""
        root = psutil.Process(self.process.pid)
        sizes: dict[str, float] = {}
        for process in [root, *root.children(recursive=True), *_database(self.home)]:
            with contextlib.suppress(psutil.Error):
                name = " ".join(process.cmdline()[:4])[-60:] or process.name()
                sizes[f"{process.pid} {name}"] = process.memory_full_info().pss / 2**20
        return sizes


def _database(home: Path) -> list[psutil.Process]:
    pid_file = next(home.glob("postgres/**/postmaster.pid"), None)
    if pid_file is None:
        return []
    with contextlib.suppress(psutil.Error):
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        return [postmaster, *postmaster.children(recursive=True)]
    return []


def _environment(home: Path, url: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("TRADEWIND_")}
    port = url.rpartition(":")[2]
    return kept | {
        "TRADEWIND_HOME": str(home),
        "TRADEWIND_PORT": port,
        "TRADEWIND_SAMPLE": "0",
        "TRADEWIND_LOG_LEVEL": "warning",
        "TRADEWIND_PRIVATE_HOSTS": "127.0.0.0/8",
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running_desk(home: Path | None = None, **env: str) -> Iterator[Desk]:
    """Start a desk, wait until its pages answer, stop it at the end."""
    with contextlib.ExitStack() as stack:
        if home is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tradewind-bench-")))
        homes.make(home)
        url = f"http://127.0.0.1:{free_port()}"
        begun = time.monotonic()
        process = subprocess.Popen(  # our own program
            [sys.executable, "-m", "tradewind", "run"],
            env=_environment(home, url) | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        desk = Desk(home, url, process, 0.0)
        try:
            _await_ready(desk, begun)
            yield desk
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_ready(desk: Desk, begun: float) -> None:
    stream = desk.process.stdout
    assert stream is not None  # noqa: S101  # it was asked for
    watchdog = threading.Timer(_START, desk.process.kill)
    watchdog.start()
    for line in stream:
        desk.output.append(line.rstrip())
        if " with the password " in line:
            desk.account = (line.split()[3], line.split()[-1])
        if line.startswith("ready "):
            break
    watchdog.cancel()
    if desk.process.poll() is not None:
        raise OperatorError("the desk did not start:\n" + "\n".join(desk.output[-20:]))
    desk.seconds_to_ready = time.monotonic() - begun
    threading.Thread(target=lambda: desk.output.extend(stream), daemon=True).start()
