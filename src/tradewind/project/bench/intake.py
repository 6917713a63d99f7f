"""How fast messages come in: batches to shown, single posts to acknowledged and routed, mails."""

from __future__ import annotations

import socket
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from tradewind.project.bench.desk import Desk, running_desk
from tradewind.project.bench.texts import endless, items

CONNECTIONS = 8


def bench_intake(
    *, batch_messages: int, single_posts: int, mails: int, encoder: bool = True
) -> dict[str, Any]:
    """Run all three on one desk, with or without the deeper reader's network."""
    with running_desk(TRADEWIND_ENCODER=str(int(encoder))) as desk:
        idle = round(sum(desk.pss_mb().values()))
        token = desk.token("messages:write")
        _warm_up(desk, token)
        return {
            "ready_seconds": round(desk.seconds_to_ready, 2),
            "batch": _batches(desk, token, batch_messages),
            "single": _singles(desk, token, single_posts),
            "mail": _mails(desk, mails),
            "encoder": encoder,
            "memory_idle_pss_mb": idle,
            "memory_pss_mb": round(sum(desk.pss_mb().values())),
            "memory_by_process_mb": {k: round(v) for k, v in desk.pss_mb().items()},
        }


def _warm_up(desk: Desk, token: str) -> None:
    with httpx.Client(timeout=60) as client:
        post_batch(client, desk, token, items(200, prefix="warm"))
    _await_shown(desk, 200)


def post_batch(
    client: httpx.Client, desk: Desk, token: str, batch: list[dict[str, object]]
) -> None:
    """Hand in a batch through the API; raises when it is not taken."""
    answer = client.post(
        f"{desk.url}/api/v1/messages",
        content=orjson.dumps(batch),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    answer.raise_for_status()


def _shown(desk: Desk) -> int:
    """Messages that have their first reading and their place in the list."""
    with desk.connect() as connection:
        row = connection.execute("SELECT count(*) FROM triage_reading").fetchone()
        return int(row[0]) if row else 0


def _await_shown(desk: Desk, count: int, *, timeout: float = 600.0) -> float:
    begun = time.monotonic()
    with desk.connect() as connection:
        while time.monotonic() - begun < timeout:
            row = connection.execute(
                "SELECT count(*) FROM channels_delivery WHERE state = 'waiting'"
            ).fetchone()
            if row and row[0] == 0 and _shown(desk) >= count:
                return time.monotonic()
            time.sleep(0.05)
    raise TimeoutError(f"only {_shown(desk)} of {count} messages were shown in {timeout:.0f} s")


def _batches(desk: Desk, token: str, count: int) -> dict[str, Any]:
    before = _shown(desk)
    everything = items(count, prefix=f"batch{before}")
    begun = time.monotonic()
    with httpx.Client(timeout=120) as client:
        for start in range(0, count, 1000):
            post_batch(client, desk, token, everything[start : start + 1000])
    acknowledged = time.monotonic()
    shown = _await_shown(desk, before + count)
    return {
        "messages": count,
        "acknowledged_per_s": round(count / (acknowledged - begun)),
        "shown_per_s": round(count / (shown - begun)),
    }


def _singles(desk: Desk, token: str, count: int) -> dict[str, Any]:
    before = _shown(desk)
    queue = [_request(token, item) for item in items(count, prefix=f"single{before}")]
    waits: list[float] = []
    begun = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for done in [threads.submit(_post_all, desk, queue, waits) for _ in range(CONNECTIONS)]:
            done.result()
    acknowledged = time.monotonic()
    shown = _await_shown(desk, before + count)
    marks = statistics.quantiles(waits, n=100)
    return {
        "messages": count,
        "connections": CONNECTIONS,
        "acknowledged_per_s": round(count / (acknowledged - begun)),
        "routed_per_s": round(count / (shown - begun)),
        "p50_ms": round(marks[49] * 1000, 1),
        "p99_ms": round(marks[98] * 1000, 1),
    }


def _request(token: str, item: dict[str, object]) -> bytes:
    # Written by hand: an HTTP library would cost the machine more than the desk does.
    body = orjson.dumps(item)
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _post_all(desk: Desk, queue: list[bytes], waits: list[float]) -> None:
    address = urlsplit(desk.url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while queue:
            request = queue.pop()
            begun = time.perf_counter()
            line.sendall(request)
            answer = line.recv(65536)
            waits.append(time.perf_counter() - begun)
            if not answer.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"a post was not taken: {answer[:300]!r}")


def _mails(desk: Desk, count: int) -> dict[str, Any]:
    """Mails stored as the mailbox reader does, to parsed and shown by one worker."""
    from tradewind.project.bench.inside import accept_mails  # noqa: PLC0415  # needs Django there

    raws = [
        _mail(n, subject, text) for n, (subject, text) in zip(range(count), endless(), strict=False)
    ]
    before = _shown(desk)
    begun = time.monotonic()
    accept_mails(desk, raws)
    shown = _await_shown(desk, before + count)
    return {"mails": count, "shown_per_s": round(count / (shown - begun))}


def _mail(number: int, subject: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"Buyer {number} <buyer{number}@mail.example>"
    mail["To"] = "support@islelight.example"
    mail["Subject"] = subject or "Order"
    mail["Message-ID"] = f"<bench-{number}@mail.example>"
    mail["Date"] = "Fri, 20 Nov 2026 10:00:00 +0000"
    mail.set_content(
        text + "\n\nOn Thu, 19 Nov 2026 at 10:00, Support wrote:\n> We look into it.\n"
    )
    mail.add_alternative(
        f"<html><body><p>{text}</p><img src='https://x.example/p.gif'></body></html>",
        subtype="html",
    )
    return mail.as_bytes()
