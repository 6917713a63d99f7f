from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time

import psutil
import psycopg
import pytest

from tradewind.core.errors import OperatorError
from tradewind.core.postgres import Cluster, prepare_database

START = """
import sys
from pathlib import Path
from tradewind.core.postgres import Cluster
server = Cluster(Path(sys.argv[1]), fast=True)
server.start()
print(server.pid(), server.started_here)
"""
# Sleeps on, so that it can be killed while its server runs.
TIED = """
import sys, time
from pathlib import Path
from tradewind.core.postgres import Cluster
server = Cluster(Path(sys.argv[1]), fast=True, tied=True)
server.start()
print(server.pid(), flush=True)
time.sleep(60)
"""


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def python(code: str, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def gone(pid: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_it_starts_as_a_user_that_is_not_root_and_listens_on_this_machine_only(cluster):
    cluster.start()
    server = psutil.Process(cluster.pid())
    assert server.uids().real != 0
    assert (cluster.data.stat().st_mode & 0o777) == 0o700
    assert one(cluster.superuser_url, "show listen_addresses") == "127.0.0.1"
    assert one(cluster.superuser_url, "show server_encoding") == "UTF8"
    assert one(cluster.superuser_url, "show password_encryption") == "scram-sha-256"


def test_nobody_gets_in_without_the_password(cluster):
    cluster.start()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(cluster.url(password="wrong", database="postgres"))
    assert (cluster.place / "password").stat().st_mode & 0o077 == 0


def test_what_was_written_survives_a_stop_and_the_port_is_remembered(cluster):
    cluster.start()
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    port = cluster.port
    cluster.stop()
    assert not cluster.is_running()
    cluster.start()
    assert cluster.port == port
    assert one(cluster.superuser_url, "select n from kept") == 7


def test_another_port_is_taken_when_somebody_sits_on_the_remembered_one(cluster):
    cluster.start()
    cluster.stop()
    port = cluster.port
    squatter = __import__("socket").create_server(("127.0.0.1", port))
    with squatter:
        cluster.start()
        assert cluster.port != port
        assert one(cluster.superuser_url, "select 1") == 1


@pytest.mark.crash
def test_a_killed_server_comes_back_with_what_was_committed(cluster):
    cluster.start()
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    for _ in range(3):
        os.kill(cluster.pid(), signal.SIGKILL)
        cluster.start()
        assert one(cluster.superuser_url, "select n from kept") == 7


@pytest.mark.crash
def test_a_busy_leftover_process_does_not_keep_a_new_server_from_starting(cluster):
    cluster.start()
    with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # a backend that cannot notice its server's death
        os.kill(cluster.pid(), signal.SIGKILL)
        other = Cluster(cluster.folder, fast=True)
        other.start()
        assert gone(backend, within=1)
    assert one(other.superuser_url, "select n from kept") == 7
    other.stop()


def test_a_pid_file_that_names_a_stranger_is_not_believed(cluster):
    cluster.start()
    text = (cluster.data / "postmaster.pid").read_text()
    cluster.stop()
    with python("import time; time.sleep(60)") as stranger:
        lines = [str(stranger.pid), *text.splitlines()[1:]]
        (cluster.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        assert not cluster.is_running()
        cluster.start()
        assert one(cluster.superuser_url, "select 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_of_two_starters_at_once_one_starts_and_both_find_it(open_folder):
    place = open_folder / "postgres"
    starters = [python(START, place) for _ in range(3)]
    said = [starter.communicate(timeout=60)[0].split() for starter in starters]
    Cluster(place).stop()
    assert len({pid for pid, _ in said}) == 1
    assert sorted(started for _, started in said) == ["False", "False", "True"]


def test_threads_of_one_program_may_start_it_at_once(open_folder):
    clusters = [Cluster(open_folder / "postgres", fast=True) for _ in range(3)]
    threads = [threading.Thread(target=each.start) for each in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.pid() for each in clusters}) == 1
    clusters[0].stop()


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tie is Linux's")
def test_a_tied_server_ends_with_a_killed_starter(open_folder):
    place = open_folder / "postgres"
    starter = python(TIED, place)
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    assert gone(pid, within=10)


def test_an_interrupted_first_start_is_begun_anew(cluster):
    (cluster.folder / "data.new").mkdir(parents=True)
    (cluster.folder / "data.new" / "half").write_text("half")
    cluster.start()
    assert one(cluster.superuser_url, "select 1") == 1


def test_a_server_that_cannot_start_says_why(cluster):
    cluster.start()
    cluster.stop()
    with (cluster.data / "local.conf").open("w") as file:
        file.write("shared_buffers = 'plenty'\n")
    with pytest.raises(OperatorError, match="shared_buffers"):
        cluster.start()


def test_a_folder_of_a_version_we_do_not_have_is_refused_and_left_alone(cluster):
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(OperatorError, match="PostgreSQL 9 is needed"):
        cluster.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to lend a user")
def test_root_finds_another_place_when_its_service_user_cannot_enter(open_folder):
    locked = open_folder / "locked"
    locked.mkdir(mode=0o700)
    server = Cluster(locked / "postgres", fast=True, spare=open_folder / "spare")
    with server:
        prepare_database(server, "tradewind")
        assert server.place.is_relative_to(open_folder / "spare")
        assert locked.stat().st_mode & 0o777 == 0o700
    again = Cluster(locked / "postgres", fast=True, spare=open_folder / "spare")
    with again:
        assert one(again.url(database="tradewind"), "select 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another")
def test_it_works_as_an_ordinary_user(open_folder):
    user = pwd.getpwnam("nobody")
    own = open_folder / "own"
    own.mkdir()
    os.chown(own, user.pw_uid, user.pw_gid)
    plain = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if plain is None:
        pytest.skip("no Python that an ordinary user may run")
    paths = ":".join(path for path in sys.path if path)
    done = subprocess.run(
        [plain, "-B", "-c", START, str(own / "postgres")],
        env={"PYTHONPATH": paths, "HOME": str(own)},
        cwd="/",
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    if "Permission denied" in done.stderr or "No module named" in done.stderr:
        pytest.skip("an ordinary user cannot reach this checkout's packages")
    assert done.stdout.split()[1:] == ["True"], done.stderr
    pid = int(done.stdout.split()[0])
    assert psutil.Process(pid).uids().real == user.pw_uid
    os.kill(pid, signal.SIGINT)
    assert gone(pid, within=10)
