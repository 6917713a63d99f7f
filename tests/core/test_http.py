from __future__ import annotations

import contextlib
import http.server
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tradewind.core.http import Allowed, RefusedError, client


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://example.com/")
        else:
            self.send_response(200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.path == "/drips":
            with contextlib.suppress(OSError):
                for _ in range(100):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            return
        self.wfile.write(b"x" * (5000 if self.path == "/large" else 5))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_allowed_host_answers(site):
    with client(Allowed(["127.0.0.1"], private=["127.0.0.0/8"])) as calls:
        assert calls.get(site).text == "xxxxx"


def test_a_host_that_is_not_allowed_is_not_called(site):
    with client(Allowed(["api.example.com"])) as calls, pytest.raises(RefusedError):
        calls.get(site)


def test_a_private_address_is_refused_when_connecting(site):
    with client(Allowed(["*"])) as calls, pytest.raises(httpx.ConnectError, match="private"):
        calls.get(site)


def test_a_public_name_that_leads_to_a_private_address_is_refused(site, monkeypatch):
    private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: private)
    with client(Allowed(["*"])) as calls, pytest.raises(httpx.ConnectError, match="private"):
        calls.get("http://rebind.example.com/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "224.0.0.1",
    ],
)  # fmt: skip
def test_every_dress_of_a_private_address_is_known(address):
    assert not Allowed(["*"]).reaches("x", address)


def test_public_addresses_and_named_private_ones_may_be_reached():
    assert Allowed(["*"]).reaches("x", "93.184.216.34")
    assert Allowed([], private=["mail.local"]).reaches("mail.local", "10.0.0.5")
    assert not Allowed([], private=["10.0.0.0/24"]).reaches("x", "10.0.1.5")


def test_names_are_compared_whole():
    allowed = Allowed(["*.myshopify.com", "api.telegram.org"])
    assert allowed.has("Shop.MyShopify.com.")
    assert not allowed.has("myshopify.com.evil.example")
    assert not allowed.has("evil-api.telegram.org.example")
    assert not allowed.has("xapi.telegram.org")


@pytest.mark.parametrize(("path", "refusal"), [("/large", "larger"), ("/packed", "compressed")])
def test_an_answer_that_is_too_much_is_refused(site, path, refusal):
    allowed = Allowed(["127.0.0.1"], private=["127.0.0.1"])
    with client(allowed, largest=1000) as calls, pytest.raises(RefusedError, match=refusal):
        calls.get(site + path)


def test_redirects_are_not_followed(site):
    with client(Allowed(["127.0.0.1"], private=["127.0.0.1"])) as calls:
        assert calls.get(f"{site}/away").status_code == 302


def test_an_answer_that_drips_is_cut_off_in_time(site):
    allowed = Allowed(["127.0.0.1"], private=["127.0.0.0/8"])
    begun = time.monotonic()
    with client(allowed, within=0.5) as calls, pytest.raises(httpx.ReadTimeout):
        calls.get(f"{site}/drips")
    assert time.monotonic() - begun < 3
