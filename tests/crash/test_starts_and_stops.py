"""What a desk does when it is cut off, stopped, started twice, or left without its database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.crash.desks import Victims, change, crash_desk, inside, kill, open_home, query, wait_for
from tests.crash.senders import api_posts, hook_posts
from tradewind.core.errors import OperatorError
from tradewind.core.processes import free_port
from tradewind.project.bench.desk import Desk, running_desk

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

_BOT = """
from tradewind.channels import services as channels
answer = channels.create_channel(None, platform="telegram", name="Bot", state="live",
    secrets_given={"bot_token": "1:x", "secret_token": "s3cret"}).key
"""


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with crash_desk() as running:
        yield running


@pytest.fixture(scope="module")
def hook(desk: Desk) -> str:
    return str(inside(desk, _BOT))


def _post(desk: Desk, hook: str, number: int) -> httpx.Response:
    post = hook_posts(hook, "s3cret", number + 1)[number]
    with httpx.Client(base_url=desk.url, timeout=30, trust_env=False) as client:
        return client.post(post.path, content=post.body, headers=post.headers)


def _there(desk: Desk) -> int:
    return int(query(desk, "SELECT count(*) FROM inbox_message")[0][0])


def test_without_room_on_the_disk_a_webhook_hears_503_and_its_repeat_succeeds(desk, hook):
    assert _post(desk, hook, 0).status_code == 200
    full = "RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100'"
    change(desk, f"CREATE FUNCTION full_disk() RETURNS trigger AS 'BEGIN {_quoted(full)}; END'"
                 " LANGUAGE plpgsql")  # fmt: skip
    on = "CREATE TRIGGER full_disk BEFORE INSERT ON {} EXECUTE FUNCTION full_disk()"
    change(desk, on.format("channels_delivery"))
    refused = _post(desk, hook, 1)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    change(desk, "DROP TRIGGER full_disk ON channels_delivery")
    # Now the worker finds no room: what was accepted waits, and is not called faulty.
    change(desk, on.format("inbox_message"))
    assert _post(desk, hook, 1).status_code == 200
    time.sleep(3)
    states = query(desk, "SELECT state, count(*) FROM channels_delivery GROUP BY 1 ORDER BY 1")
    assert states == [("applied", 1), ("waiting", 1)]
    change(desk, "DROP TRIGGER full_disk ON inbox_message")
    wait_for(desk, lambda: _there(desk) == 2, "both messages shown")


def test_without_its_database_a_webhook_hears_503_and_its_repeat_succeeds(desk, hook):
    before = _there(desk)
    desk.process.send_signal(signal.SIGSTOP)  # or it would bring the database back at once
    try:
        kill(Victims(desk).postmaster())
        refused = _post(desk, hook, 2)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    finally:
        desk.process.send_signal(signal.SIGCONT)
    wait_for(desk, lambda: _post(desk, hook, 2).status_code == 200, "the repeat succeeds")
    wait_for(desk, lambda: _there(desk) == before + 1, "the message shown")


def test_a_second_run_on_the_same_folder_says_so_in_a_sentence(desk):
    env = os.environ | {"TRADEWIND_HOME": str(desk.home), "TRADEWIND_PORT": str(free_port())}
    env.pop("TRADEWIND_DATABASE_URL"), env.pop("TRADEWIND_DATABASE_APP_URL")
    command = [sys.executable, "-m", "tradewind", "run"]
    second = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert second.returncode == 2
    assert "running already" in second.stderr
    assert "Traceback" not in second.stderr
    assert httpx.get(f"{desk.url}/readyz", trust_env=False).status_code == 200


def test_a_stop_takes_seconds_and_leaves_no_process(tmp_path):
    with crash_desk() as desk:
        everything = Victims(desk).everything()
        assert len(everything) > 5
        begun = time.monotonic()
        desk.process.send_signal(signal.SIGTERM)
        assert desk.process.wait(40) == 0
        assert time.monotonic() - begun < 20
        _, alive = psutil.wait_procs(everything, timeout=2)
        assert not alive


def test_after_a_power_cut_the_desk_is_ready_again_and_has_everything():
    with open_home() as home:
        with running_desk(home) as desk:
            token = desk.token("messages:write")
            posts = api_posts(token, "", 300, size=100, prefix="cut")
            with httpx.Client(base_url=desk.url, timeout=30, trust_env=False) as client:
                for post in posts:
                    answer = client.post(post.path, content=post.body, headers=post.headers)
                    assert answer.status_code == 202
            everything = Victims(desk).everything()
            kill(everything)
            psutil.wait_procs(everything, timeout=10)
        with running_desk(home) as desk:
            wait_for(desk, lambda: _there(desk) == 300, "what was acknowledged")
            print(f"\nready {desk.seconds_to_ready:.1f} s after a power cut")  # noqa: T201


@pytest.mark.parametrize(
    ("sample", "table", "later"),
    [("0", "django_migrations", 0.2), ("1", "identity_person", 2.0)],
    ids=["while the tables are made", "while the sample is loaded"],
)
def test_a_first_start_that_is_killed_is_begun_anew(sample, table, later):
    with open_home() as home:
        _start_and_kill(home, sample, table=table, later=later)
        with running_desk(home, TRADEWIND_SAMPLE=sample) as desk:
            assert query(desk, "SELECT count(*) FROM identity_workspace") == [(1,)]
            email, password = desk.account
            known = "SELECT count(*) FROM identity_person WHERE email = %s"
            assert query(desk, known, email) == [(1,)]
            assert password


def _start_and_kill(home: Path, sample: str, *, table: str, later: float) -> None:
    """`tradewind run`, killed with all of its own ``later`` seconds after the table is there."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("TRADEWIND_")} | {
        "TRADEWIND_HOME": str(home),
        "TRADEWIND_PORT": str(free_port()),
        "TRADEWIND_SAMPLE": sample,
    }
    run = [sys.executable, "-m", "tradewind", "run"]
    null = subprocess.DEVNULL
    with subprocess.Popen(run, env=env, stdout=null, stderr=null, text=True) as process:
        desk = Desk(home, "", process, 0.0)
        wait_for(
            desk, lambda: _has_table(desk, table), f"the table {table}", seconds=120, pause=0.05
        )
        time.sleep(later)
        everything = Victims(desk).everything()
        kill(everything)
        psutil.wait_procs(everything, timeout=10)


def _has_table(desk: Desk, table: str) -> bool:
    try:
        return bool(query(desk, "SELECT 1 FROM pg_class WHERE relname = %s", table))
    except OperatorError:
        return False  # there is no database yet


def _quoted(text: str) -> str:
    return text.replace("'", "''")
