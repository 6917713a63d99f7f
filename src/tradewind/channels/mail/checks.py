"""Looking at a mail server step by step, so that a person sees which setting is wrong."""

from __future__ import annotations

import socket
import ssl
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from time import perf_counter

from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.core import hosts

_PROBE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a connection test: ``name`` is dns, connect, login, folder or sender."""

    name: str
    ok: bool
    sentence: str
    milliseconds: int
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """What usually works at a mail provider; ``imap`` and ``smtp`` are host, port, tls."""

    imap: tuple[str, int, str]
    smtp: tuple[str, int, str]
    note: str = ""


def _read() -> dict[str, Provider]:
    text = files(__package__).joinpath("providers.toml").read_text("utf-8")
    found: dict[str, Provider] = {}
    for row in tomllib.loads(text)["provider"]:
        provider = Provider(tuple(row["imap"]), tuple(row["smtp"]), row.get("note", ""))
        found |= dict.fromkeys(row["domains"], provider)
    return found


_PROVIDERS = _read()


def find_provider(address: str) -> Provider | None:
    """The usual settings for an address; None for a provider we do not know."""
    return _PROVIDERS.get(address.rpartition("@")[2].strip().lower())


def provider_of_host(host: str) -> Provider | None:
    """The provider whose server this is."""
    known = _PROVIDERS.values()
    return next((one for one in known if host.lower() in (one.imap[0], one.smtp[0])), None)


def timed(name: str, step: Callable[[], str], *, hint: Callable[[], str] = str) -> Check:
    """Run one step; what it returns or raises becomes the sentence of its check."""
    start = perf_counter()
    try:
        sentence, ok = step(), True
    except (MailboxRefused, MailboxUnreachable) as refusal:
        sentence, ok = str(refusal), False
    took = round((perf_counter() - start) * 1000)
    return Check(name, ok, sentence, took, "" if ok else hint())


def resolve(host: str, port: int, private: hosts.PrivateHosts) -> str:
    """A sentence with the addresses of a host.

    Raises MailboxUnreachable when it has none, MailboxRefused when it is in a private network.
    """
    try:
        addresses = hosts.admitted(host, port, private)
    except hosts.PrivateAddress as refusal:
        raise MailboxRefused(str(refusal)) from refusal
    except OSError as error:
        raise MailboxUnreachable(f"There is no server named {host!r} ({error}).") from error
    return f"{host} is {', '.join(addresses[:4])}."


def connect(
    host: str, port: int, *, timeout: float | None, private: hosts.PrivateHosts
) -> socket.socket:
    """A connection to a mail server; raises OSError, or MailboxRefused for a private network."""
    try:
        return hosts.connect(host, port, timeout=timeout, private=private)
    except hosts.PrivateAddress as refusal:
        raise MailboxRefused(str(refusal)) from refusal


def port_hint(host: str, port: int, usual: tuple[int, ...], private: hosts.PrivateHosts) -> str:
    """Which other port of the host answers or what its provider usually uses."""
    provider = provider_of_host(host)
    if provider is not None:
        for known_host, known_port, tls in (provider.imap, provider.smtp):
            if known_host == host.lower() and known_port != port:
                return f"This provider usually uses port {known_port} with {tls}."
    answering = [other for other in usual if other != port and _answers(host, other, private)]
    if answering:
        return f"Port {port} does not answer, but port {answering[0]} does."
    return "No usual mail port of this server answers; is its name right, does a firewall block it?"


def _answers(host: str, port: int, private: hosts.PrivateHosts) -> bool:
    try:
        hosts.connect(host, port, timeout=_PROBE_SECONDS, private=private).close()
    except (OSError, hosts.PrivateAddress):
        return False
    return True


def tls_context(ca_pem: str) -> ssl.SSLContext:
    """A context that checks names and certificates; ``ca_pem`` adds a private authority."""
    context = ssl.create_default_context()
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    return context


def network_sentence(error: Exception, *, host: str, port: int) -> str:
    """What a network error means, for a person."""
    place = f"{host}:{port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {place} is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        said = error.reason or error
        return f"{place} does not speak TLS as expected ({said}); is it the right port and kind?"
    if isinstance(error, socket.gaierror):
        return f"There is no server named {host!r}."
    if isinstance(error, ConnectionRefusedError):
        return f"{place} refuses connections."
    if isinstance(error, TimeoutError):
        return f"{place} does not answer in time."
    return f"The connection to {place} broke ({error or type(error).__name__})."
