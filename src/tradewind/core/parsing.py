"""Readers of a setting's text: each gives a value or a ValueError that says what it wants."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(given: str) -> str:
    """Take any text."""
    return given


def words(given: str) -> tuple[str, ...]:
    """Take words parted by commas."""
    return tuple(word.strip() for word in given.split(",") if word.strip())


def number(least: int, most: int) -> Callable[[str], int]:
    """Take a whole number within both ends."""

    def parse(given: str) -> int:
        if not given.isascii() or not given.isdigit() or not least <= int(given[:12]) <= most:
            raise ValueError(f"wants a whole number from {least} to {most}, got {given!r}")
        return int(given)

    return parse


def share(given: str) -> float:
    """Take a number from 0 to 1."""
    try:
        value = float(given)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError(f"wants a number from 0 to 1, got {given!r}")
    return value


def yes_no(given: str) -> bool:
    """Take 1 or 0, or the usual words for them."""
    if given.lower() not in TRUE | FALSE:
        raise ValueError(f"wants 1 or 0, got {given!r}")
    return given.lower() in TRUE


def choice(*allowed: str) -> Callable[[str], str]:
    """Take one of the allowed words."""

    def parse(given: str) -> str:
        if given.lower() not in allowed:
            raise ValueError(f"wants one of {', '.join(allowed)}, got {given!r}")
        return given.lower()

    return parse


def bind(given: str) -> str:
    """Take an IP address of this machine, or localhost."""
    if given == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(given.strip("[]")))
    except ValueError:
        raise ValueError(f"wants an IP address such as 127.0.0.1, got {given!r}") from None


def web_url(given: str) -> str:
    """Take an http or https address without a trailing slash, or nothing."""
    parts = _split(given, wanted="an address such as https://desk.example.com")
    if given and (parts[0] not in {"http", "https"} or not parts[1]):
        raise ValueError(f"wants an address such as https://desk.example.com, got {given!r}")
    return given.rstrip("/")


def database_url(given: str) -> str:
    """Take a PostgreSQL address, or nothing; what is wrong is told without its password."""
    wanted = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    scheme, _, path = _split(given, wanted=wanted)
    if given and (scheme not in {"postgresql", "postgres"} or not path.strip("/")):
        shown = f"{scheme}://…{path}" if scheme else "something else"
        raise ValueError(f"wants {wanted}, got {shown}")
    return given


def storage(given: str) -> str:
    """Take ``files`` or ``s3://BUCKET/PREFIX``."""
    wanted = "files or s3://BUCKET/PREFIX"
    scheme, bucket, _ = _split(given, wanted=wanted)
    if given != "files" and (scheme != "s3" or not bucket):
        raise ValueError(f"wants {wanted}, got {given!r}")
    return given.rstrip("/")


def _split(given: str, *, wanted: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError:
        raise ValueError(f"wants {wanted}, got something that is no address") from None
    return parts.scheme, parts.hostname or "", parts.path
