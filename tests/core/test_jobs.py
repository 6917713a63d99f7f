from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.core.postgres import Cluster, prepare_database

SITE = Path(__file__).with_name("jobs_site.py")


class Site:
    def __init__(self, cluster: Cluster, book: Path) -> None:
        self.cluster = cluster
        self.book = book
        self.url = ""

    def begin(self, verb: str, *words: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(SITE), self.url, str(self.book), verb, *map(str, words)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def do(self, verb: str, *words: object) -> str:
        process = self.begin(verb, *words)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return said

    def noted(self) -> list[str]:
        lines = self.book.read_text().splitlines() if self.book.exists() else []
        return [line for line in lines if line != "tick"]

    def until(self, word: str, *, seconds: float = 20) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.book.exists() and word in self.book.read_text().splitlines():
                return True
            time.sleep(0.05)
        return False


@pytest.fixture(scope="module")
def migrated() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="tw-"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "postgres", fast=True)
    cluster.start()
    found = prepare_database(cluster, "jobs")
    site = Site(cluster, folder / "book")
    site.url = found.owner_url
    site.do("migrate")
    site.url = found.app_url  # from here on as the role that owns nothing
    yield site
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def site(migrated: Site) -> Site:
    migrated.book.unlink(missing_ok=True)
    return migrated


def test_a_job_of_a_rolled_back_transaction_never_runs(site):
    site.do("refuse + write kept + finish")
    assert site.noted() == ["kept"]


def test_a_second_of_the_same_key_is_left_out_and_spoils_nothing(site):
    assert site.do("once + finish") == "True True\n"
    assert site.noted() == ["once", "after"]


def test_a_failing_job_runs_again_as_often_as_told(site):
    site.do("fail oops + finish")
    assert site.noted() == ["oops"] * 3


def test_many_are_queued_at_once(site):
    site.do("many 50 + finish")
    assert sorted(map(int, site.noted())) == list(range(50))


def test_a_running_worker_takes_a_job_at_once_and_stops_when_told(site):
    worker = site.begin("work")
    assert site.until("tick")  # by the clock, as it should
    site.do("write hello")
    assert site.until("hello", seconds=2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=15) == 0


@pytest.mark.crash
def test_the_job_of_a_killed_worker_is_run_again_by_another(site):
    site.do("slow x 3")
    first = site.begin("work")
    assert site.until("begin x")
    first.kill()
    first.wait()
    second = site.begin("work")
    assert site.until("end x", seconds=40)
    second.send_signal(signal.SIGTERM)
    second.wait(timeout=15)
    assert site.noted() == ["begin x", "begin x", "end x"]


@pytest.mark.crash
def test_a_worker_outlives_its_database(site):
    worker = site.begin("work")
    assert site.until("tick")
    os.kill(site.cluster.pid(), signal.SIGKILL)
    site.cluster.start()
    site.do("write recovered")
    assert site.until("recovered", seconds=20)
    assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=15) == 0
