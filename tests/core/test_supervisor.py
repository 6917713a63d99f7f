from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tradewind.core.postgres import Cluster
from tradewind.core.processes import free_port

# A desk in small: a page that answers /readyz, and a worker that says when it lives and ends.
PAGES = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
WORKER = """
import os, pathlib, signal, sys, time
book = pathlib.Path(sys.argv[1])
def note(word):
    with book.open("a") as file:
        file.write(f"{word} {os.getpid()}\\n")
def end(*_):
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("began")
time.sleep(600)
"""
DESK = """
import sys
from pathlib import Path
from tradewind.core.errors import OperatorError
from tradewind.core.postgres import Cluster
from tradewind.core.supervisor import Child, Supervisor
folder, port, pages, worker = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
database = Cluster(folder / "postgres", fast=True)
def prepare():
    (folder / "prepared").write_text(str(database.pid()))
children = [
    Child("web", [sys.executable, "-c", pages, port]),
    Child("worker", [sys.executable, "-c", worker, str(folder / "book")]),
]
desk = Supervisor(children, address=f"http://127.0.0.1:{port}", lock=folder / "run.lock",
                  database=database, prepare=prepare)
try:
    desk.run()
except OperatorError as error:
    sys.exit(str(error))
"""


class Desk:
    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", DESK, str(folder), str(self.port), PAGES, WORKER],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.database = Cluster(folder / "postgres", fast=True)

    def ready(self) -> str:
        return self.process.stdout.readline().strip()

    def began(self) -> list[int]:
        return self._noted("began")

    def ended(self) -> list[int]:
        return self._noted("ended")

    def all(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        return self.process.communicate(timeout=30)[0]

    def _noted(self, word: str) -> list[int]:
        book = self.folder / "book"
        lines = book.read_text().splitlines() if book.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(word)]


def until(fact: Callable[[], object], *, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def desk(open_folder: Path) -> Iterator[Desk]:
    running = Desk(open_folder)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_it_says_ready_once_and_prepares_before_the_children(desk):
    assert desk.ready() == f"ready http://127.0.0.1:{desk.port}"
    assert (desk.folder / "prepared").read_text() == str(desk.database.pid())
    assert until(desk.began)
    assert desk.stop() == ""  # not a second line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_no_process_and_ends_the_database_last(desk, number):
    desk.ready()
    assert until(desk.began)
    family = desk.all()
    assert len(family) > 4  # two children, the server and its own
    desk.stop(number)
    assert desk.process.returncode == 0
    assert desk.ended() == desk.began()
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert "database system is shut down" in desk.database.log.read_text()


@pytest.mark.crash
def test_a_killed_child_is_started_again(desk):
    desk.ready()
    assert until(desk.began)
    os.kill(desk.began()[0], signal.SIGKILL)
    assert until(lambda: len(desk.began()) == 2)


@pytest.mark.crash
def test_a_killed_database_is_brought_back_while_the_children_live(desk):
    desk.ready()
    assert until(desk.began)
    first = desk.database.pid()
    os.kill(first, signal.SIGKILL)
    assert until(lambda: desk.database.pid() not in (None, first))
    assert until(lambda: _answers(desk.database))
    assert len(desk.began()) == 1


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tie is Linux's")
def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(desk):
    desk.ready()
    assert until(desk.began)
    family = desk.all()
    desk.process.kill()
    desk.process.communicate()
    assert psutil.wait_procs(family, timeout=15)[1] == []
    again = Desk(desk.folder, desk.port)
    assert again.ready() == f"ready http://127.0.0.1:{desk.port}"
    again.stop()


@pytest.mark.crash
def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(desk):
    desk.ready()
    for _ in range(3):
        desk.process.kill()
        desk.process.wait()
        desk = Desk(desk.folder, desk.port)
        assert desk.ready() == f"ready http://127.0.0.1:{desk.port}"
        assert _answers(desk.database)
    desk.stop()


@pytest.mark.crash
def test_a_leftover_child_is_ended_by_the_next_start(desk):
    desk.ready()
    assert until(desk.began)
    stuck = psutil.Process(desk.began()[0])
    stuck.suspend()  # it cannot hear that it should end
    desk.process.kill()
    desk.process.wait()
    again = Desk(desk.folder, desk.port)
    assert again.ready()
    assert not stuck.is_running() or stuck.status() == psutil.STATUS_ZOMBIE
    again.stop()


def test_a_second_start_of_the_same_home_is_refused_with_a_sentence(desk):
    desk.ready()
    second = Desk(desk.folder)
    _, said = second.process.communicate(timeout=20)
    assert second.process.returncode == 1
    assert "It is running already" in said
    assert str(desk.process.pid) in said
    assert _answers(desk.database)


def test_a_taken_port_is_refused_with_a_sentence(desk, open_folder):
    desk.ready()
    other = open_folder / "other"
    other.mkdir()
    other.chmod(0o711)
    second = Desk(other, desk.port)
    _, said = second.process.communicate(timeout=20)
    assert f"Port {desk.port} at 127.0.0.1 is taken" in said


def test_a_second_start_is_fast(desk):
    desk.ready()
    desk.stop()
    begun = time.monotonic()
    again = Desk(desk.folder, desk.port)
    again.ready()
    assert time.monotonic() - begun < 5
    again.stop()


def _answers(database: Cluster) -> bool:
    try:
        with psycopg.connect(database.superuser_url, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False
