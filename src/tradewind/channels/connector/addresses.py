"""Which addresses a connector may call: known hosts, nothing private, secrets never shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from urllib.parse import quote, urlsplit, urlunsplit

from tradewind.channels.connector.errors import ExpressionFailed, OutgoingRefused
from tradewind.channels.connector.model import Connector, RequestRule
from tradewind.channels.connector.templates import Constant, Context, Interpolated, Template
from tradewind.channels.contract import Account
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?")
_ORIGIN = re.compile(r"(https?://[^/]*)(.*)", re.DOTALL)
_HIDDEN = "•••"


def fill_url(template: Template, context: Context, *, slashes: bool = False) -> str:
    """The URL or path of a template with every filled value escaped for its place.

    A value before the first slash must be a host name; ``slashes`` lets values in the path
    hold slashes. A template that is one place only is taken as it is.
    """
    if not isinstance(template, Interpolated):
        return str(template.render(context) or "")
    if re.fullmatch(r"\{[\w.]+\}", template.text):
        return template.render(context)
    split = _ORIGIN.fullmatch(template.text)
    origin, path = (split[1], split[2]) if split else ("", template.text)
    host = Interpolated(origin, template.places).fill(context, _as_host)
    tail = Interpolated(path, template.places)
    return host + tail.fill(context, lambda value: _as_segment(value, slashes=slashes))


def base_url(connector: Connector, context: Context) -> str:
    """The connector's base address for this account, without a slash at its end."""
    if connector.base_url is None:
        raise OutgoingRefused("The connector has no base_url.")
    return fill_url(connector.base_url, context).rstrip("/")


def with_origin(url: str, connector: Connector, account: Account) -> str:
    """The URL with scheme and host replaced by the account's ``api_origin``, if it has one.

    Only addresses of the platform's own host are turned: a self-hosted API server or a test
    stands in for that one.
    """
    origin = str(account.config.get("api_origin") or "").rstrip("/")
    if not origin or not isinstance(connector.base_url, (Constant, Interpolated)):
        return url
    text = connector.base_url.text if isinstance(connector.base_url, Interpolated) else ""
    text = text or str(connector.base_url.render({}))
    own = urlsplit(text).netloc
    parts = urlsplit(url)
    if "{" not in own and parts.netloc.lower() != own.lower():
        return url
    target = urlsplit(origin)
    return urlunsplit((target.scheme, target.netloc, parts.path, parts.query, ""))


def is_user_given(template: Template | None, account: Account) -> bool:
    """Whether the host of a URL comes from settings or answers instead of the file."""
    if account.config.get("api_origin"):
        return True
    if not isinstance(template, Interpolated):
        return not isinstance(template, Constant)
    split = _ORIGIN.fullmatch(template.text)
    return split is None or "{" in split[1]


def known_hosts(connector: Connector, account: Account, context: Context) -> set[str]:
    """Hosts the file itself names, as patterns in lower case, and the account's own."""
    hosts = {host.lower() for host in connector.hosts}
    for template in _urls(connector):
        try:
            url = with_origin(fill_url(template, context), connector, account)
        except ExpressionFailed:
            continue
        host = urlsplit(url).hostname
        if host:
            hosts.add(host.lower())
    return hosts


def check_address(url: str, *, allow_private: bool, known: Iterable[str] | None = None) -> None:
    """Raise OutgoingRefused unless the URL may be called; ``known`` limits its host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise OutgoingRefused(f"Only https is called, got {parts.scheme or 'no scheme'}.")
    if not host or parts.username is not None or "\\" in url:
        raise OutgoingRefused("The address has no plain host name.")
    if known is not None and not any(fnmatchcase(host, pattern) for pattern in known):
        raise OutgoingRefused(f"The host {host} is none that the connector names.")


def public_address(
    host: str, addresses: Sequence[str], *, private: PrivateHosts = NO_PRIVATE
) -> str:
    """The first of a host's addresses; OutgoingRefused when any is private and not listed."""
    for address in addresses:
        if not private.admits(host, address):
            raise OutgoingRefused(f"The host {host} is in a private network.")
    if not addresses:
        raise OutgoingRefused(f"The host {host} has no address.")
    return addresses[0]


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret hidden, also where it is URL- or base64-encoded."""
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):
        forms = {secret, quote(secret, safe=""), quote(secret), quote(secret, safe=":")}
        forms.add(base64.b64encode(secret.encode()).decode().rstrip("="))
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, _HIDDEN)
    return text


def _urls(connector: Connector) -> list[Template]:
    rules: list[RequestRule] = [step.request for step in connector.media]
    rules += [poll.request for poll in connector.polls]
    rules += [reply.request for reply in (*connector.replies, *connector.actions)]
    found = [rule.url for rule in rules]
    if connector.auth is not None:
        found.append(connector.auth.token_url)
        found.append(connector.auth.refresh.request.url if connector.auth.refresh else None)
    return [url for url in (connector.base_url, *found) if url is not None]


def _as_host(value: str) -> str:
    if not _HOST.fullmatch(value) or ".." in value:
        raise ExpressionFailed(f"{value[:60]!r} is not a host name")
    return value


def _as_segment(value: str, *, slashes: bool) -> str:
    if any(part in {".", ".."} for part in value.split("/")):
        raise ExpressionFailed(f"{value[:60]!r} may not stand in a path")
    return quote(value, safe=("/" if slashes else "") + ":@!$'()*,;~+")
