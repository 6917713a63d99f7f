"""Auth, limits, clocks and the small tables of a connector file."""

from __future__ import annotations

import re
from collections.abc import Collection

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.model import (
    AuthRule,
    ClockRule,
    Limits,
    RefreshRule,
    ReplyBy,
    ThrottleRule,
)
from tradewind.channels.connector.reading_outgoing import (
    read_rate,
    read_request,
    read_take,
    read_throttle,
)
from tradewind.channels.connector.reading_signature import read_part, read_sign
from tradewind.channels.connector.section import Section

_TYPES = frozenset(
    {"bearer", "basic", "header", "oauth2_refresh", "oauth2_client_credentials"}
    | {"request_signature"}
)
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_BUSINESS = re.compile(r"P(\d+)BD")
_WEIGHTS = (604_800, 86_400, 3_600, 60, 1)


def read_auth(section: Section, *, secrets: Collection[str]) -> AuthRule:
    """How outgoing requests are authorised."""
    kind = section.text("type", required=True)
    hook = kind.removeprefix("hook:") if kind.startswith("hook:") else ""
    if not hook and kind not in _TYPES:
        section.issue("type", f"got {kind!r}, wants {', '.join(sorted(_TYPES))} or hook:NAME")
    put = section.text("put")
    auth = AuthRule(
        type="hook" if hook else kind,
        token=section.template("token", words.AUTH_NAMES, sources=True),
        user=section.template("user", words.AUTH_NAMES, sources=True),
        password=section.template("password", words.AUTH_NAMES, sources=True),
        headers=section.template("headers", words.AUTH_NAMES, sources=True),
        query=section.template("query", words.AUTH_NAMES, sources=True),
        put=read_part(section, "put", put, {"header", "query"}) if put else None,
        token_url=section.template("token_url", words.AUTH_NAMES, strict_places=True),
        client=section.choice("client", {"body", "basic"}, "body"),
        client_id=_client_secret_name(section, "client_id", secrets),
        client_secret=_client_secret_name(section, "client_secret", secrets),
        scopes=section.strings("scopes"),
        sign=section.part("sign", lambda s: read_sign(s, secrets=secrets)),
        refresh=section.part("refresh", _read_refresh),
        hook=hook,
    )
    _check_auth(section, auth, secrets=secrets)
    return auth


def read_limits(section: Section) -> Limits:
    """What the platform allows per time, and how it says "slower"."""
    return Limits(
        requests=tuple(row.closed(read_rate) for row in section.tables("requests")),
        throttle=section.part("throttle", read_throttle) or ThrottleRule(),
    )


def read_reply_by(section: Section) -> ReplyBy | None:
    """The channel replies go out by when the platform takes none itself."""
    channel = section.choice("channel", {"email"})
    address = section.expression("address", words.REPLY_NAMES, required=True)
    return ReplyBy(channel=channel, address=address) if address else None


def read_inbound(section: Section) -> str:
    """The channel messages come by when it is not this one, such as ``email``."""
    section.text("hook")
    return section.choice("channel", {"email"})


def read_clock(section: Section) -> ClockRule:
    """One ``[[clock]]``."""
    within = section.text("within") or section.text("fallback")
    section.text("fallback")
    seconds, days = _duration(within)
    if within and seconds is None and days is None:
        section.issue("within", f"got {within!r}, wants ISO 8601 such as PT24H, P30D or P3BD")
    clock = ClockRule(
        on=section.text("on", required=True),
        name=section.text("name", required=True),
        seconds=seconds,
        business_days=days,
        until=section.text("until"),
        calendar=section.choice("calendar", {"all_days", "business"}, "all_days"),
        auto_reply_counts=section.flag("auto_reply_counts"),
        waive=section.text("waive"),
        consequence=section.text("consequence"),
        target=section.number("target"),
    )
    if not within and not clock.until:
        section.issue("within", "is missing, wants a duration, or until = the field with the time")
    return clock


def _duration(text: str) -> tuple[int | None, int | None]:
    business = _BUSINESS.fullmatch(text)
    if business:
        return None, int(business[1])
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None, None
    pairs = zip(found.groups(), _WEIGHTS, strict=True)
    return sum(int(count) * weight for count, weight in pairs if count), None


def _read_refresh(section: Section) -> RefreshRule:
    take = read_take(section)
    if "access_token" not in take:
        section.issue("take", "wants access_token and the expression that finds it")
    return RefreshRule(request=read_request(section, words.AUTH_NAMES, sources=True), take=take)


def _client_secret_name(section: Section, kind: str, secrets: Collection[str]) -> str:
    """The secret that holds the client's id or secret: named, or the one that ends so."""
    named = section.text(kind).removeprefix("secret:")
    if named and named not in secrets:
        section.issue(kind, f"got {named!r}, wants a name from secrets: {', '.join(secrets)}")
    return named or next((name for name in secrets if name.endswith(kind)), kind)


def _check_auth(section: Section, auth: AuthRule, *, secrets: Collection[str]) -> None:
    wanted = {
        "bearer": ("token",),
        "basic": ("user", "password"),
        "header": ("headers",),
        "request_signature": ("sign",),
        "oauth2_refresh": ("token_url",),
        "oauth2_client_credentials": ("token_url",),
    }
    for key in wanted.get(auth.type, ()):
        if key not in section.data:
            section.issue(key, f"is missing; auth type {auth.type} wants it")
    for key in ("token", "user", "password"):
        _check_secret(section, key, section.data.get(key), secrets)
    for key in ("headers", "query"):
        rows = section.data.get(key)
        for name, value in rows.items() if isinstance(rows, dict) else ():
            _check_secret(section, f"{key}.{name}", value, secrets)


def _check_secret(section: Section, key: str, value: object, secrets: Collection[str]) -> None:
    if not isinstance(value, str) or not value.startswith("secret:"):
        return
    if value.removeprefix("secret:") not in secrets:
        section.issue(key, f"got {value!r}, wants a name from secrets: {', '.join(secrets)}")
