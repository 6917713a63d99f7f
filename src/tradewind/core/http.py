"""Calls to the outside: only to hosts that were allowed, never by surprise to our own network.

Names are resolved once, the addresses are checked, and the connection goes to the very
address that was checked, so a name cannot point elsewhere a moment later.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from tradewind.core.hosts import PrivateHosts, resolve

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
LARGEST_ANSWER = 25 * 1024 * 1024
CONNECTIONS = 20


class RefusedError(httpx.RequestError):
    """The call was not made or not finished: host not allowed, private address, answer too big."""


class Allowed:
    """Which hosts may be called: exact names, ``*.example.com``, or any public one with ``*``.

    ``private`` names hosts, addresses or networks that may be called though they are private.
    """

    def __init__(self, hosts: Iterable[str], *, private: Iterable[str] = ()) -> None:
        self._hosts = {host.lower().rstrip(".") for host in hosts}
        self._private = PrivateHosts.of(private)

    def has(self, host: str) -> bool:
        """Say whether the host may be called by its name."""
        name = host.lower().rstrip(".")
        above = (f"*.{name.split('.', n)[n]}" for n in range(1, name.count(".") + 1))
        return "*" in self._hosts or name in self._hosts or any(w in self._hosts for w in above)

    def reaches(self, host: str, address: str) -> bool:
        """Say whether this address of the host may be connected to."""
        return self._private.admits(host, address)


def client(
    allowed: Allowed,
    *,
    timeout: httpx.Timeout = TIMEOUT,
    largest: int = LARGEST_ANSWER,
    headers: dict[str, str] | None = None,
    within: float | None = None,
) -> httpx.Client:
    """Give a client that keeps to ``allowed``, does not follow redirects and ignores proxies.

    ``within`` is how many seconds, from now, all its calls together may take, however slowly an
    answer drips: for a client that is made for one errand. A host or answer it refuses is a
    RefusedError, a private address an httpx.ConnectError; both are httpx.RequestError.
    """
    return httpx.Client(
        transport=_Transport(allowed, largest=largest, within=within),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        # Compressed answers could unfold to any size.
        headers={"Accept-Encoding": "identity", "User-Agent": "Tradewind", **(headers or {})},
    )


class _Transport(httpx.HTTPTransport):
    def __init__(self, allowed: Allowed, *, largest: int, within: float | None) -> None:
        super().__init__(trust_env=False)
        self._allowed = allowed
        self._largest = largest
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=30.0,
            network_backend=_Checked(allowed, within=within),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make the call unless its host is not allowed; watch the size of the answer."""
        if request.url.scheme not in {"http", "https"} or not self._allowed.has(request.url.host):
            raise RefusedError(f"calls to {request.url.host} are not allowed", request=request)
        response = super().handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise RefusedError("the answer is compressed, which was not asked", request=request)
        stream = response.stream
        if isinstance(stream, httpx.SyncByteStream):
            response.stream = _Limited(stream, largest=self._largest, request=request)
        return response


class _Limited(httpx.SyncByteStream):
    def __init__(
        self, stream: httpx.SyncByteStream, *, largest: int, request: httpx.Request
    ) -> None:
        self._stream = stream
        self._largest = largest
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self._stream:
            size += len(part)
            if size > self._largest:
                raise RefusedError(
                    f"the answer is larger than {self._largest} bytes", request=self._request
                )
            yield part

    def close(self) -> None:
        """Close what lies beneath."""
        self._stream.close()


class _Checked(httpcore.SyncBackend):
    def __init__(self, allowed: Allowed, *, within: float | None) -> None:
        self._allowed = allowed
        self._until = None if within is None else time.monotonic() + within

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to an address of the host that may be reached, the first that answers."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _resolve(host, port):
            if not self._allowed.reaches(host, address):
                failure = httpcore.ConnectError(f"{host} leads to a private address")
                continue
            left = _left(self._until, timeout)
            try:
                stream = super().connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return stream if self._until is None else _Hurried(stream, self._until)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: the outside has no sockets here."""
        raise httpcore.ConnectError("no calls to local sockets")


class _Hurried(httpcore.NetworkStream):
    """A connection whose every read and write ends at one moment."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        return self._stream.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write it all."""
        self._stream.write(buffer, _left(self._until, timeout))

    def close(self) -> None:
        """Close what lies beneath."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Give the same connection, sealed and as hurried."""
        left = _left(self._until, timeout)
        return _Hurried(self._stream.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        """Tell what the stream beneath tells."""
        return self._stream.get_extra_info(info)


def _left(until: float | None, timeout: float | None) -> float | None:
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the call took longer than it may")
    return left if timeout is None else min(left, timeout)


def _resolve(host: str, port: int) -> list[str]:
    try:
        return resolve(host, port)
    except OSError as error:
        raise httpcore.ConnectError(f"{host} is not known: {error}") from error
