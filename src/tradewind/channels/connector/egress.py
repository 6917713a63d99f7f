"""One outgoing request: rendered, guarded, sent once, read with limits."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

import httpx

from tradewind.channels.connector import addresses, times
from tradewind.channels.connector.envelopes import built_in_hooks
from tradewind.channels.connector.errors import OutgoingRefused
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.hooks import Hooks
from tradewind.channels.connector.model import Connector, RequestRule
from tradewind.channels.connector.templates import Context, Template
from tradewind.channels.connector.tokens import MemoryTokens, TokenStore
from tradewind.channels.contract import JSON, Account
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts, resolve

ANSWER_BYTES = 20_000_000
_CHUNK = 65_536
_UNSENT: tuple[type[httpx.HTTPError], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class _NoUrls(logging.Filter):
    """httpx logs every URL at INFO, and Telegram's URLs hold the bot token."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("HTTP Request:")


logging.getLogger("httpx").addFilter(_NoUrls())


class TransportFault(Exception):
    """No answer came; ``uncertain`` when the request may have reached the platform."""

    def __init__(self, sentence: str, *, uncertain: bool) -> None:
        self.uncertain = uncertain
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Egress:
    """What a connector needs to call out.

    ``private`` lists the hosts that may be called by http and at private addresses (self-hosted
    servers); ``allow_private`` permits it for every host (tests).
    """

    client: httpx.Client
    tokens: TokenStore = field(default_factory=MemoryTokens)
    now: Callable[[], datetime] = times.utc_now
    allow_private: bool = False
    private: PrivateHosts = NO_PRIVATE
    resolve: Callable[[str], list[str]] = resolve
    hooks: Hooks = field(default_factory=built_in_hooks)
    timeout_s: float = 30
    total_s: float = 120
    poll_budget_s: float = 300

    def permits_private(self, url: str) -> bool:
        """Whether http and a private address are allowed for this URL."""
        host = urlsplit(url).hostname or ""
        if self.allow_private or self.private.names_host(host):
            return True
        # A name is looked up only when its answer could matter.
        if not self.private.networks or urlsplit(url).scheme == "https":
            return False
        try:
            return self.private.covers(host, self.resolve(host))
        except OSError:
            return False


@dataclass(slots=True)
class Draft:
    """A request being made; header names as they will be sent."""

    method: str
    url: str
    api_path: str = ""
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    user_given: bool = False

    @property
    def full_url(self) -> str:
        """The URL with its query."""
        if not self.query:
            return self.url
        glue = "&" if "?" in self.url else "?"
        return self.url + glue + urlencode(self.query, quote_via=quote)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; ``headers`` lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> JSON:
        """The body as JSON, None when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def base_context(account: Account, now: datetime) -> dict[str, JSON]:
    """The names every outgoing template knows."""
    return {
        "account": {"id": account.id, **account.config},
        "secret": dict(account.secrets),
        "now": times.to_iso(now),
        "now_iso": times.to_iso(now.replace(microsecond=0)),
        "now_s": int(now.timestamp()),
        "now_ms": int(now.timestamp() * 1000),
        "uuid": str(uuid.uuid4()),
    }


def render_request(
    connector: Connector,
    account: Account,
    rule: RequestRule,
    context: Context,
    *,
    slashes: bool = False,
) -> Draft:
    """The request of a rule; raises ExpressionFailed or OutgoingRefused."""
    if rule.path is not None:
        api_path = addresses.fill_url(rule.path, context, slashes=slashes)
        url = addresses.base_url(connector, context) + api_path
        user_given = addresses.is_user_given(connector.base_url, account)
    elif rule.url is not None:
        url = addresses.fill_url(rule.url, context, slashes=slashes)
        api_path = urlsplit(url).path
        user_given = addresses.is_user_given(rule.url, account)
    else:
        raise OutgoingRefused("The request has neither path nor url.")
    draft = Draft(
        method=rule.method,
        url=addresses.with_origin(url, connector, account),
        api_path=api_path,
        query=texts(rule.query, context),
        headers={"Accept": "application/json", **texts(rule.headers, context)},
        form=texts(rule.form, context),
        user_given=user_given,
    )
    _fill_body(draft, rule, context)
    return draft


def texts(template: Template | None, context: Context) -> dict[str, str]:
    """The members of a rendered object as strings, null and line breaks left out."""
    rendered = template.render(context) if template is not None else None
    if not isinstance(rendered, Mapping):
        return {}
    found = {name: as_text(value) for name, value in rendered.items()}
    return {name: value for name, value in found.items() if value is not None}


def call(egress: Egress, draft: Draft, *, max_bytes: int = ANSWER_BYTES) -> Answered:
    """Send once and read the answer.

    Raises OutgoingRefused when the address is not allowed (nothing was sent), TransportFault
    when no answer came. Neither text holds the address.
    """
    addresses.check_address(draft.url, allow_private=egress.permits_private(draft.url))
    request = _request(egress, draft)
    deadline = time.monotonic() + egress.total_s
    try:
        response = egress.client.send(request, stream=True, follow_redirects=False)
    except httpx.HTTPError as fault:
        _give_up(fault)
    try:
        body = _read(response, max_bytes=max_bytes, deadline=deadline)
    except httpx.HTTPError as fault:
        _give_up(fault)
    finally:
        response.close()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answered(response.status_code, headers, body)


def _fill_body(draft: Draft, rule: RequestRule, context: Context) -> None:
    if rule.json is not None:
        rendered = rule.json.render(context)
        text = json.dumps(rendered, ensure_ascii=False, separators=(",", ":"))
        draft.body = text.encode(errors="replace")
        draft.headers.setdefault("Content-Type", "application/json")
    elif rule.form is not None:
        draft.body = urlencode(draft.form, errors="replace").encode()
        draft.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")


def _request(egress: Egress, draft: Draft) -> httpx.Request:
    url = _url(draft.full_url)
    headers = {name.encode(): _header(value) for name, value in draft.headers.items()}
    extensions: dict[str, JSON] = {"timeout": httpx.Timeout(egress.timeout_s, connect=10).as_dict()}
    if draft.user_given and not egress.allow_private:
        address = _pinned(egress, url.host)
        # Called by its checked address, so that the name cannot change its answer in between.
        headers[b"Host"] = url.netloc
        extensions["sni_hostname"] = url.host
        url = url.copy_with(host=address)
    request = egress.client.build_request(
        draft.method, url, headers=headers, content=draft.body or None, extensions=extensions
    )
    # The client is shared by accounts; cookies would carry one's session into another's.
    request.headers.pop("cookie", None)
    return request


def _url(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise OutgoingRefused("The address is not a URL.") from None


def _header(value: str) -> bytes:
    if "\r" in value or "\n" in value or "\x00" in value:
        raise OutgoingRefused("A header value holds a line break.")
    return value.encode(errors="replace")


def _pinned(egress: Egress, host: str) -> str:
    try:
        found = egress.resolve(host)
    except OSError:
        raise TransportFault(f"The host {host} cannot be found.", uncertain=False) from None
    return addresses.public_address(host, found, private=egress.private)


def _read(response: httpx.Response, *, max_bytes: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes(_CHUNK):
        size += len(chunk)
        if size > max_bytes:
            sentence = f"The answer is larger than {max_bytes} bytes."
            raise TransportFault(sentence, uncertain=True)
        if time.monotonic() > deadline:
            raise TransportFault("The answer took too long.", uncertain=True)
        parts.append(chunk)
    return b"".join(parts)


def _give_up(fault: httpx.HTTPError) -> NoReturn:
    """Say what happened by the kind of fault: its own text may hold the address."""
    unsent = isinstance(fault, _UNSENT)
    where = "could not be reached" if unsent else "did not answer in time or broke off"
    sentence = f"The platform {where} ({type(fault).__name__})."
    raise TransportFault(sentence, uncertain=not unsent) from None
