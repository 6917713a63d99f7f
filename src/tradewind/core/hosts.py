"""Which hosts outside may be reached: public ones, and those of the house that are listed.

One gate for whatever a person of the desk may name: platforms, callbacks, mail servers, models. A
name is resolved once, and the connection goes to the very address that was judged.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """A host lies in a private network and is not listed; the text says how to list it."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The host {host} is in a private network, which may only be reached when "
            "TRADEWIND_PRIVATE_HOSTS lists it."
        )


@dataclass(frozen=True, slots=True)
class PrivateHosts:
    """Hosts and networks of the house that may be called all the same, also by http."""

    names: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def of(cls, listed: Iterable[str]) -> PrivateHosts:
        """From host names, addresses and networks such as ``10.0.0.0/8``."""
        names: set[str] = set()
        networks: list[_Network] = []
        for text in listed:
            try:
                networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                names.add(text.lower().rstrip("."))
        return cls(frozenset(names), tuple(networks))

    def names_host(self, host: str) -> bool:
        """Whether the list has this host by its name."""
        return host.lower().rstrip(".") in self.names

    def has_address(self, address: str) -> bool:
        """Whether an IP address lies in a listed network."""
        ip = _bare(address)
        return ip is not None and any(ip in network for network in self.networks)

    def covers(self, host: str, addresses: Sequence[str]) -> bool:
        """Whether a host is of the house: listed by name, or by every one of its addresses."""
        if self.names_host(host):
            return True
        return bool(addresses) and all(map(self.has_address, addresses))

    def admits(self, host: str, address: str) -> bool:
        """Whether this address of the host may be connected to."""
        return self.names_host(host) or self.has_address(address) or is_public(address)


NO_PRIVATE = PrivateHosts()


def is_public(address: str) -> bool:
    """Whether an IP address is reachable from anywhere, so nobody's inner network."""
    ip = _bare(address)
    return ip is not None and ip.is_global and not ip.is_multicast


def resolve(host: str, port: int | None = None) -> list[str]:
    """The addresses of a host name; raises OSError when there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def admitted(host: str, port: int, private: PrivateHosts) -> list[str]:
    """The addresses of a host that may be connected to; PrivateAddress when it has no other."""
    found = [one for one in resolve(host, port) if private.admits(host, one)]
    if not found:
        raise PrivateAddress(host)
    return found


def connect(
    host: str, port: int, *, timeout: float | None, private: PrivateHosts = NO_PRIVATE
) -> socket.socket:
    """A connection to the first address of a host that may be reached and answers.

    Raises PrivateAddress, or OSError when nobody answers.
    """
    failure: OSError = ConnectionError(f"{host} has no address")
    for address in admitted(host, port, private):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
    raise failure


def _bare(address: str) -> _Address | None:
    """The address as what it is: an IPv4 address may come in IPv6 clothes."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.ipv4_mapped or ip.sixtofour or _translated(ip) or ip
    return ip


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
