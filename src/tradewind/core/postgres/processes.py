"""Which processes of the system are a server's own, and how they end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

FAST_SECONDS = 60.0
IMMEDIATE_SECONDS = 20.0
LEFTOVER_SECONDS = 5.0


def find_postmaster(data: Path) -> int | None:
    """Give the id of the living server of this data folder, None for a stale or no pid file."""
    lines = _pid_file(data)
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    return pid if _is_server_of(pid, data) else None


def postmaster_state(data: Path) -> str:
    """Give the server's own word on itself: ``starting``, ``ready``, ``stopping`` or empty."""
    lines = _pid_file(data)
    return lines[7].strip() if len(lines) > 7 else ""


def stop_postmaster(data: Path) -> None:
    """End the server of this data folder: fast shutdown, then immediate, then kill."""
    pid = find_postmaster(data)
    for number, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
        if pid is None or _ends(pid, data, number=number, seconds=seconds):
            return
    if pid is not None:
        _ends(pid, data, number=signal.SIGKILL, seconds=IMMEDIATE_SECONDS)


def end_leftovers(name: str) -> None:
    """Wait for, then kill, the processes of the named server that outlived their parent.

    They are told by the cluster's name in their titles: who they work for can be read
    even where their folders cannot (root in a container).
    """
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while (left := _of_cluster(name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        _kill(process)
    psutil.wait_procs(left, timeout=IMMEDIATE_SECONDS)


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _of_cluster(name: str) -> list[psutil.Process]:
    title = f"postgres: {name}:"
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if words.startswith(title) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def _ends(pid: int, data: Path, *, number: signal.Signals, seconds: float) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _is_server_of(pid, data):
            return True
        time.sleep(0.02)
    return False


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        dead = process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # somebody's, and we may not look: treat the folder as taken
    is_postgres = bool(words) and Path(words[0]).name in {"postgres", "postmaster"}
    return not dead and is_postgres and str(data) in words


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
