"""The doors that are answered without Django, and what is written to the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections

from tests.api.conftest import Program, token_in
from tests.security.world import MARK, SECRET, furnish, signed_in
from tradewind.core import logs
from tradewind.core.asgi import Paced
from tradewind.project.root import Root

NEVER = b"a piece that does not come"


def ask(method: str, path: str, *, headers: Any = (), chunks: Sequence[bytes] = (b"",)) -> Any:
    """One request through the ASGI root, its body in these pieces: status, headers and body."""
    return asyncio.run(_ask(method, path, list(headers), list(chunks)))


async def _ask(method: str, path: str, headers: list[Any], chunks: list[bytes]) -> Any:
    root, sent, taken = Root(get_wsgi_application()), [], 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        if taken > len(chunks):
            return {"type": "http.disconnect"}
        if chunks[taken - 1] is NEVER:
            await asyncio.sleep(60)
        more = taken < len(chunks)
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"",
             "headers": headers, "client": ("203.0.113.9", 1), "scheme": "http",
             "server": ("testserver", 80), "http_version": "1.1", "root_path": ""}  # fmt: skip
    await asyncio.wait_for(root(scope, receive, send), 20)
    await root._pool.close()
    await asyncio.gather(*(asyncio.to_thread(connections.close_all) for _ in range(8)))
    body = b"".join(m.get("body", b"") for m in sent)
    return SimpleNamespace(
        status=sent[0]["status"], headers=dict(sent[0]["headers"]), body=body, taken=taken
    )


DEEP = [
    b"[" * 200_000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"external_id":"1","from":{"name":"A"},"text":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"external_id":"1","text":1e999999}', b"9" * 100_000, b'"\\ud800"', b"\xff\xfe", b"null",
]  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestNativeDoors:
    def test_metrics_and_health_name_nobody(self, cast: SimpleNamespace) -> None:
        furnish(cast)
        for path in ("/metrics", "/healthz", "/readyz"):
            answer = ask("GET", path)
            assert answer.status == 200
            for name in (MARK.encode(), b"Islelight", b"example.com", b"postgres"):
                assert name not in answer.body, path
            assert answer.headers[b"x-content-type-options"] == b"nosniff"

    def test_a_stranger_hears_no_events(self, cast: SimpleNamespace) -> None:
        for cookie in (b"", b"sessionid=x", b"sessionid=" + b"a" * 32, b"\x00;=;\xff"):
            answer = ask("GET", "/events", headers=[(b"cookie", cookie)])
            assert answer.status == 401
            assert b"data:" not in answer.body

    def test_a_body_too_large_is_refused_before_it_is_all_read(self, cast: SimpleNamespace) -> None:
        secret = token_in(cast.workspace).secret.encode()
        head = [(b"authorization", b"Bearer " + secret)]
        chunks = [b" " * 2**20] * 200
        answer = ask("POST", "/api/v1/messages", headers=head, chunks=chunks)
        assert answer.status == 413
        assert answer.taken < 40

    def test_without_a_token_no_byte_of_the_body_is_read(self, cast: SimpleNamespace) -> None:
        answer = ask("POST", "/api/v1/messages", chunks=[b" " * 2**20] * 5)
        assert (answer.status, answer.taken) == (401, 0)

    def test_a_body_cut_off_is_refused(self, cast: SimpleNamespace) -> None:
        head = [(b"authorization", b"Bearer " + token_in(cast.workspace).secret.encode())]
        assert ask("POST", "/api/v1/messages", headers=head, chunks=[]).status == 400

    @pytest.mark.parametrize("path", ["/account/login/", "/api/v1/triage"])
    def test_a_body_that_trickles_holds_nothing_for_ever(
        self, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr(Paced, "grace", 0.3)
        head = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        answer = ask("POST", path, headers=head, chunks=[b"{", NEVER])
        assert (answer.status, answer.headers[b"connection"]) == (408, b"close")

    @pytest.mark.parametrize("body", DEEP, ids=range(len(DEEP)))
    def test_a_bomb_is_refused(self, cast: SimpleNamespace, body: bytes) -> None:
        head = [(b"authorization", b"Bearer " + token_in(cast.workspace).secret.encode())]
        answer = ask("POST", "/api/v1/messages", headers=head, chunks=[body])
        assert 400 <= answer.status < 500, answer.body[:200]
        assert orjson.loads(answer.body)["status"] == answer.status

    @pytest.mark.parametrize("key", ["", "x" * 65, "../../etc", "%00", "ch_zqx", "a'--"])
    def test_a_hook_that_is_not_there_tells_nothing(self, cast: SimpleNamespace, key: str) -> None:
        furnish(cast)
        answer = ask("POST", f"/hooks/{key}", chunks=[b"{}"])
        assert answer.status == 404
        assert MARK.encode() not in answer.body.replace(f"/hooks/{key}".encode(), b"")


@pytest.mark.parametrize("body", DEEP, ids=range(len(DEEP)))
def test_a_bomb_is_refused_by_every_operation(world: SimpleNamespace, body: bytes) -> None:
    program, found = Program(world.token.secret), world.ids["conversation_id"]
    for method, path in (
        ("POST", "/messages"), ("POST", "/triage"), ("POST", f"/conversations/{found}/replies"),
        ("PATCH", f"/conversations/{found}"),
    ):  # fmt: skip
        answer = program.ask(method, path, body)
        # A text that cannot be read is told in its own place of the answer.
        is_told = path == "/triage" and b'[{"error":' in answer.content
        is_refused = 400 <= answer.status_code < 500
        assert is_refused or is_told, f"{method} {path}: {answer.content[:200]!r}"


def test_the_log_holds_no_secret_and_nobody(world: SimpleNamespace, monkeypatch: Any) -> None:
    from tradewind.inbox import queries

    out, root = io.StringIO(), logging.getLogger()
    kept, level = list(root.handlers), root.level
    logs.set_up(level="debug", form="json", stream=out)
    try:
        alice = signed_in(world, "alice", raise_request_exception=False)
        program = Program(world.token.secret)
        program.get("/conversations?q=anna.keller@example.de&token=tw_abcdefgh12345678")
        program.post("/messages", {"external_id": "x", "text": f"call +49 151 23456789 {SECRET}"})
        alice.post("/account/login/", {"login": "alice@example.com", "password": "geheim-4711"})
        alice.get("/inbox/find?q=anna.keller@example.de")

        def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("anna.keller@example.de password=geheim-4711")

        monkeypatch.setattr(queries, "get_conversation", broken)
        alice.get(f"/c/{world.ids['conversation_id']}?key=tw_abcdefgh12345678")
        lines = out.getvalue()
    finally:
        root.handlers[:], root.level = kept, level
    assert "RuntimeError" in lines, "the fault itself must be there"
    for hidden in (world.token.secret, SECRET, "geheim-4711", "anna.keller@", "23456789",
                   "tw_abcdefgh", "alice@example.com"):  # fmt: skip
        assert hidden not in lines, hidden
    assert all(json.loads(line) for line in lines.splitlines())
