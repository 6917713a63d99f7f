"""Signature rules of a connector file, for requests that come in and that go out."""

from __future__ import annotations

from collections.abc import Collection

from tradewind.channels.connector import vocabulary as words
from tradewind.channels.connector.model import Part, SignatureRule, SignRule, TimestampRule
from tradewind.channels.connector.section import Section

_SCHEMES = frozenset({"hmac", "hash", "token", "ecdsa_kid", "none"})


def read_part(section: Section, key: str, text: str, allowed: Collection[str]) -> Part:
    """The part behind ``kind:argument`` (or ``kind(arguments)``), its fault noted if any."""
    kind, _, argument = text.partition(":")
    if "(" in kind and kind.endswith(")"):
        kind, _, argument = kind[:-1].partition("(")
    if kind not in allowed:
        section.issue(key, f"got {text!r}, wants one of {', '.join(sorted(allowed))}")
    elif kind in words.WITH_ARGUMENT and not argument:
        section.issue(key, f"got {text!r}, wants a name after the colon")
    if kind == "header":
        argument = argument.lower()
    return Part(kind, argument)


def read_signature(
    section: Section,
    *,
    secrets: Collection[str],
    parts: Collection[str] = words.INBOUND_PARTS,
    carried: bool = True,
) -> SignatureRule:
    """The rule of a ``signature``, ``digest`` or ``sign`` table.

    ``carried``: the request brings the value to compare with, so ``from`` is wanted.
    """
    scheme = section.text("scheme", required=True)
    if scheme.startswith("hook:"):
        return SignatureRule(scheme="hook", hook=scheme.removeprefix("hook:"))
    if scheme not in _SCHEMES:
        wanted = ", ".join(sorted(_SCHEMES))
        section.issue("scheme", f"got {scheme!r}, wants one of {wanted} or hook:NAME")
    rule = SignatureRule(
        scheme=scheme,
        hash=section.choice("hash", words.HASHES, "sha256"),
        key=section.text("key"),
        parts=tuple(read_part(section, "parts", p, parts) for p in section.strings("parts")),
        join=section.text("join"),
        sort_parts=section.flag("sort_parts"),
        encoding=section.choice("encoding", words.ENCODINGS, "hex"),
        prefix=section.text("prefix"),
        source=_read_source(section, "from"),
        timestamp=section.part("timestamp", _read_timestamp),
        key_url=section.text("key_url"),
        key_auth=section.choice("key_auth", {"", "app_token"}, ""),
        key_cache_s=section.whole("key_cache_s", 3600, least=1) or 3600,
    )
    _check(section, rule, secrets=secrets, carried=carried)
    return rule


def read_sign(section: Section, *, secrets: Collection[str]) -> SignRule:
    """The rule by which outgoing requests are signed."""
    put = section.text("put", "query:sign")
    wrap = section.text("wrap")
    if wrap and wrap.removeprefix("secret:") not in secrets:
        section.issue("wrap", f"got {wrap!r}, wants secret:NAME of a declared secret")
    rule = read_signature(section, secrets=secrets, parts=words.OUTBOUND_PARTS, carried=False)
    place = read_part(section, "put", put, {"query", "header"})
    return SignRule(rule=rule, put=place, wrap=wrap.removeprefix("secret:"))


def _read_source(section: Section, key: str) -> Part | None:
    text = section.text(key)
    return read_part(section, key, text, {"header", "query"}) if text else None


def _read_timestamp(section: Section) -> TimestampRule | None:
    source = _read_source(section, "from")
    unit = section.choice("unit", {"s", "ms", "iso"}, "s")
    window = section.whole("window_s", 300, least=1) or 300
    if source is None:
        section.issue("from", "is missing, wants header:NAME or query:NAME")
        return None
    return TimestampRule(source=source, unit=unit, window_s=window)


def _check(
    section: Section, rule: SignatureRule, *, secrets: Collection[str], carried: bool
) -> None:
    if rule.scheme in {"hmac", "token"} and rule.key not in secrets:
        section.issue("key", f"got {rule.key!r}, wants a name from secrets: {', '.join(secrets)}")
    for part in rule.parts:
        if part.kind == "secret" and part.argument not in secrets:
            section.issue("parts", f"secret:{part.argument} is not among secrets")
    if rule.scheme in {"hmac", "hash"} and not rule.parts:
        section.issue("parts", "is missing, wants the list of signed parts")
    if rule.scheme == "ecdsa_kid" and "{kid}" not in rule.key_url:
        section.issue("key_url", f"got {rule.key_url!r}, wants a path with {{kid}}")
    if carried and rule.scheme != "none" and rule.source is None:
        section.issue("from", "is missing, wants header:NAME or query:NAME")
    if rule.scheme == "hash" and carried and not any(p.kind == "secret" for p in rule.parts):
        section.issue("parts", "a plain hash proves nothing without a secret:NAME part")
