"""Where replies arrive: a program's callback and a mail server, both remembering every one."""

from __future__ import annotations

import collections
import contextlib
import http.server
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.channels.mail.dovecot import free_port


class Arrivals:
    """How often each reply came."""

    def __init__(self) -> None:
        self._counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def note(self, key: str) -> None:
        with self._lock:
            self._counts[key] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)


@contextlib.contextmanager
def callback_sink() -> Iterator[tuple[str, Arrivals]]:
    """The address of a callback and what it got, by Idempotency-Key."""
    arrivals = Arrivals()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            arrivals.note(self.headers["Idempotency-Key"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/replies", arrivals
    finally:
        server.shutdown()
        server.server_close()


class _Taker:
    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"", policy=default)
        self._arrivals.note(str(mail["Message-ID"]).strip("<> "))
        return "250 taken"


@contextlib.contextmanager
def mail_sink() -> Iterator[tuple[int, Arrivals]]:
    """The port of a mail server and what it got, by Message-ID."""
    arrivals = Arrivals()
    controller = Controller(
        _Taker(arrivals),
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=lambda *_: AuthResult(success=True),
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield controller.port, arrivals
    finally:
        controller.stop()
