"""Processes that belong together: tied to their parent, marked, never left over."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from tradewind.core.errors import OperatorError

# In the environment of every process a supervisor starts: how leftovers are known again.
MARK = "_TRADEWIND_RUN"
PR_SET_PDEATHSIG = 1
LEFTOVER_SECONDS = 5.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def tied_to_parent(number: signal.Signals) -> Callable[[], None]:
    """Give a ``preexec_fn``: on Linux the signal comes when the thread that forked ends."""
    parent = os.getpid()

    def tie() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before we were tied
            os._exit(1)

    return tie


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all of its group, which it leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_free(host: str, port: int) -> bool:
    """Say whether nobody listens on the port at this address of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections of a former life in TIME_WAIT do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str = "127.0.0.1") -> int:
    """Give a port nobody listens on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def held(lock: Path) -> Iterator[str]:
    """Hold the file against a second holder and give a mark for the processes started meanwhile.

    Processes that a killed holder left are ended first. Raises OperatorError when held already.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        former, _, pid = os.read(descriptor, 200).decode(errors="replace").partition(" ")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(
                f"It is running already (process {pid.strip() or 'unknown'}, {lock}). Stop that "
                "one first, or set TRADEWIND_HOME to another folder."
            ) from None
        _end_marked(former)
        mark = secrets.token_hex(8)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{mark} {os.getpid()}\n".encode(), 0)
        yield mark
    finally:
        os.close(descriptor)


def _end_marked(mark: str) -> None:
    left = [process for process in psutil.process_iter() if mark and _mark_of(process) == mark]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=LEFTOVER_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)


def _mark_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):
        return ""
