from __future__ import annotations

import json
import os
import subprocess
import sys

TRIAGE = [sys.executable, "-m", "tradewind", "triage"]


def triage(given: bytes, *, env: dict[str, str] | None = None) -> list[dict[str, object]]:
    done = subprocess.run(TRIAGE, input=given, capture_output=True, timeout=60, env=env, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_in_order_and_a_broken_one_by_its_error() -> None:
    good = [json.dumps({"id": n, "text": "where is my parcel"}) for n in range(300)]
    good[7] = "{broken"
    answers = triage("\n".join(good).encode())
    assert [a.get("id") for a in answers] == [n if n != 7 else None for n in range(300)]
    assert "error" in answers[7]
    assert answers[8]["intent"]


def test_neither_a_database_nor_a_data_folder_is_needed() -> None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TRADEWIND", "DJANGO"))}
    env |= {"TRADEWIND_HOME": "/proc/none", "TRADEWIND_DATABASE_URL": "postgresql://nobody:0/x"}
    assert triage(b'{"text": "refund please"}', env=env)[0]["language"] == "en"


def test_django_is_not_loaded() -> None:
    script = (
        "import sys, tradewind.project.cli.main, tradewind.project.cli.reading as r;"
        "r.default_cascade();"
        "sys.exit(any(m.split('.')[0] in ('django', 'psycopg') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


def test_a_lone_line_is_answered_before_the_input_ends() -> None:
    process = subprocess.Popen(TRIAGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"id": "a", "text": "hello"}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == "a"
    process.stdin.close()
    assert process.wait(timeout=20) == 0


def test_a_reader_that_stops_early_gets_no_complaint() -> None:
    lines = b'{"text": "where is my parcel"}\n' * 20_000
    process = subprocess.Popen(
        TRIAGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(lines[:30_000])
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    try:
        process.stdin.write(lines)
        process.stdin.close()
    except BrokenPipeError:
        pass
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=20)
