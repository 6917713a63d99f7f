"""Buckets of requests, and what an operation says when something breaks."""

from __future__ import annotations

import pytest

from tests.api.conftest import Program, token_in
from tradewind.api import access
from tradewind.api.limits import Allowance
from tradewind.core.problems import Problem
from tradewind.inbox import queries


def test_a_bucket_empties_and_refills(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("tradewind.api.limits.time.monotonic", lambda: now[0])
    allowance = Allowance(rate=2, burst=10)
    assert allowance.take(1, 10).remaining == 0
    with pytest.raises(Problem) as refused:
        allowance.take(1, 4)
    assert refused.value.extra["retry_after"] == 2
    assert allowance.take(2).remaining == 9
    now[0] += 2
    assert allowance.take(1, 4).remaining == 0


def test_more_than_a_bucket_holds_passes_when_it_is_full():
    allowance = Allowance(rate=1, burst=10)
    assert allowance.take(1, 1000).remaining == 0
    with pytest.raises(Problem):
        allowance.take(1)


def test_each_token_has_its_own_share_and_is_told_of_it(program, cast, monkeypatch):
    monkeypatch.setattr(access, "_REQUESTS", Allowance(rate=0.01, burst=2))
    told = [program.get("/problem-map") for _ in range(3)]
    assert [a.status_code for a in told] == [200, 200, 429]
    assert [a.headers.get("RateLimit-Remaining") for a in told[:2]] == ["1", "0"]
    assert int(told[2]["Retry-After"]) > 0
    assert Program(token_in(cast.workspace).secret).get("/problem-map").status_code == 200


def test_what_nobody_foresaw_tells_nothing_of_our_inside(program, conversation, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret: postgresql://tradewind:hunter2@db")

    monkeypatch.setattr(queries, "visible_to", broken)
    answer = program.get("/conversations")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert b"hunter2" not in answer.content
    assert b"RuntimeError" not in answer.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404), ("POST", "/", 404), ("GET", "/conversations/", 404),
        ("GET", "/messages", 405), ("DELETE", "/conversations", 405), ("PUT", "/triage", 405),
        ("GET", "/conversations/1/replies", 405), ("OPTIONS", "/conversations", 405),
    ],
)  # fmt: skip
def test_an_address_or_method_that_there_is_not_is_told_so(program, method, path, status):
    answer = program.ask(method, path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["instance"] == f"/api/v1{path}"
    assert ("Allow" in answer.headers) == (status == 405)
