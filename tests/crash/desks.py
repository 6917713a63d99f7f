"""A real desk to be killed: `tradewind run` in a folder of its own, its processes by name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tradewind.core.postgres import embedded_cluster
from tradewind.project.bench.desk import Desk, running_desk

LINES = 25

_INSIDE = """
import json, sys, django
django.setup()
from tradewind.identity.models import Workspace
from tradewind.identity.scope import in_workspace
from tradewind.project.accounts import operator
given = json.load(sys.stdin)
with in_workspace(Workspace.objects.get().pk):
    answer = None
{body}
    print("ANSWER " + json.dumps(answer))
"""


@contextlib.contextmanager
def open_home() -> Iterator[Path]:
    """A data folder that the database's user may pass through."""
    root = Path(tempfile.mkdtemp(prefix="tw-crash-"))
    root.chmod(0o711)
    try:
        yield root / "home"
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def crash_desk(**env: str) -> Iterator[Desk]:
    with open_home() as home, running_desk(home, **env) as desk:
        yield desk


def told(desk: Desk, what: str) -> str:
    """A sentence for a failed wait, with the desk's processes and last words."""
    lines = [line[:400] for line in desk.output if line.strip()][-LINES:]
    living = [f"{p.pid} {p.status()} {' '.join(_words(p))[-80:]}" for p in _living(desk)]
    return "\n".join([what, "Its processes:", *living, "Its last lines:", *lines])


def _living(desk: Desk) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(desk.process.pid)
        return [root, *root.children(recursive=True)]
    return []


def wait_for(
    desk: Desk, fact: Callable[[], Any], what: str, *, seconds: float = 30.0, pause: float = 0.1
) -> Any:
    """The fact once it is true; an error of the database counts as not yet."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = fact()
        except (psycopg.Error, OSError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(pause)
    raise AssertionError(told(desk, f"not within {seconds:.0f} s: {what} (last: {last!r})"))


def query(desk: Desk, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(desk.database_url, autocommit=True, connect_timeout=5) as connection:
        return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]


def change(desk: Desk, statement: str) -> None:
    with psycopg.connect(desk.database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def inside(desk: Desk, body: str, given: object = None) -> Any:
    """Run lines as the desk's own program does; ``given`` goes in, ``answer`` comes back."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("TRADEWIND_")} | {
        "TRADEWIND_HOME": str(desk.home),
        "TRADEWIND_PRIVATE_HOSTS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "tradewind.project.settings",
    }
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    done = subprocess.run(
        [sys.executable, "-c", _INSIDE.replace("{body}", indented)],
        input=json.dumps(given),
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, told(desk, done.stderr[-2000:])
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER "))
    return json.loads(line.removeprefix("ANSWER "))


@dataclass(frozen=True, slots=True)
class Victims:
    """The processes of a desk, looked up anew each time: the last kill changed them."""

    desk: Desk

    def web(self) -> list[psutil.Process]:
        return self._children("web")

    def web_workers(self) -> list[psutil.Process]:
        # The server's own child; its helper that tracks resources serves nobody.
        return [
            process
            for master in self.web()
            for process in _offspring(master)
            if "resource_tracker" not in " ".join(_words(process))
        ]

    def workers(self) -> list[psutil.Process]:
        return self._children("worker")

    def postmaster(self) -> list[psutil.Process]:
        pid = embedded_cluster(self.desk.home).pid()
        with contextlib.suppress(psutil.NoSuchProcess):
            return [psutil.Process(pid)] if pid else []
        return []

    def backends(self) -> list[psutil.Process]:
        return [
            process
            for server in self.postmaster()
            for process in _offspring(server)
            if "tradewind" in " ".join(_words(process)).partition(":")[2]
        ]

    def everything(self) -> list[psutil.Process]:
        root = psutil.Process(self.desk.process.pid)
        servers = self.postmaster()
        backends = [process for server in servers for process in _offspring(server)]
        return [root, *_offspring(root), *servers, *backends]

    def _children(self, name: str) -> list[psutil.Process]:
        root = psutil.Process(self.desk.process.pid)
        return [p for p in root.children() if _words(p)[-3:] == ["-m", "tradewind", name]]


def kill(processes: list[psutil.Process]) -> int:
    """kill -9 at once; how many there were."""
    killed = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
            killed += 1
    return killed


def _offspring(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _words(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []
