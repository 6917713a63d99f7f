"""The whole desk for a browser: project.asgi served from a thread, on the test database."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 request of a browser, spoken to an ASGI application; closed after its answer."""

    streams: ClassVar[set[_Connection]] = set()

    def __init__(self, app: Any) -> None:
        self.app = app
        self.data = b""
        self.body: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.task or b"\r\n\r\n" not in self.data:
            return
        head, _, rest = self.data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        headers = [
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in lines[1:])
        ]
        if len(rest) < int(dict(headers).get(b"content-length", b"0")):
            return
        self.body.put_nowait({"type": "http.request", "body": rest, "more_body": False})
        self.task = asyncio.get_running_loop().create_task(self._run(lines[0], headers))

    def connection_lost(self, exc: Exception | None) -> None:
        self.streams.discard(self)
        self.body.put_nowait({"type": "http.disconnect"})

    async def _run(self, line: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        method, target, _ = line.decode("latin-1").split(" ")
        path, _, query = target.partition("?")
        if path == "/events":
            self.streams.add(self)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 1),
            "server": self.transport.get_extra_info("sockname")[:2],
        }  # fmt: skip
        await self.app(scope, self.body.get, self._send)
        self.transport.close()

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            head = f"HTTP/1.1 {message['status']} -\r\nconnection: close\r\n".encode()
            for name, value in message["headers"]:
                if name.lower() != b"connection":
                    head += name + b": " + value + b"\r\n"
            self.transport.write(head + b"\r\n")
        else:
            self.transport.write(message.get("body", b""))


def cut_streams() -> None:
    """Every open stream ends as when the line is lost."""
    for connection in list(_Connection.streams):
        connection.task.get_loop().call_soon_threadsafe(connection.transport.abort)


@contextmanager
def serving() -> Iterator[str]:
    """The address of the desk while the block runs."""
    from tradewind.project.asgi import application

    ready, box = threading.Event(), {}
    listener = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(application), sock=listener)
        box.update(loop=loop, stop=asyncio.Event())
        ready.set()
        await box["stop"].wait()
        server.close()
        root = application
        if getattr(root, "_is_open", False):
            await root._live.close()
            await root._pool.close()
            root._is_open = False

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait(10)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    box["loop"].call_soon_threadsafe(box["stop"].set)
    thread.join(10)
