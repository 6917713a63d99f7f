"""The bytes that are signed: each part of a signature rule taken from a request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tradewind.channels.connector.bodies import form_pairs
from tradewind.channels.connector.functions import as_text
from tradewind.channels.connector.model import Part, SignatureRule
from tradewind.channels.contract import JSON, Account, MappingFailed, RawRequest


class PartMissing(Exception):
    """A part of the signed string is not there; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Signable:
    """What a signature may cover; header names lower-case."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    api_path: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    config: Mapping[str, JSON] = field(default_factory=dict)
    multipart: bool = False


def signable(account: Account, request: RawRequest) -> Signable:
    """The signable view of a request that came in.

    ``callback_url`` in the account's settings stands for the URL as it was registered.
    """
    registered = account.config.get("callback_url")
    return Signable(
        method=request.method.upper(),
        url=registered if isinstance(registered, str) and registered else request.url,
        body=request.body,
        headers=request.headers,
        query=request.query,
        secrets=account.secrets,
        config=account.config,
    )


def rotated(rule: SignatureRule, view: Signable) -> list[Signable]:
    """The view as it is, and once more with former secrets where some are kept."""
    names = {rule.key} | {part.argument for part in rule.parts if part.kind == "secret"}
    former = {name: view.secrets.get(f"{name}.previous") for name in names}
    kept = {name: value for name, value in former.items() if value}
    if not kept:
        return [view]
    return [view, replace(view, secrets={**view.secrets, **kept})]


def single(values: Mapping[str, str], part: Part) -> str:
    """The one value of a header or query part; PartMissing when absent, empty or repeated."""
    value = values.get(part.argument)
    if value is None:
        raise PartMissing(f"{part.kind} {part.argument} is missing")
    if "\x00" in value:
        raise PartMissing(f"{part.kind} {part.argument} was sent more than once")
    if not value.strip():
        raise PartMissing(f"{part.kind} {part.argument} is empty")
    return value


def secret(view: Signable, name: str) -> str:
    """The secret, PartMissing when the account has none."""
    value = view.secrets.get(name)
    if not value:
        raise PartMissing(f"the account has no secret {name!r}")
    return value


def sorted_pairs(values: Mapping[str, str], without: str = "") -> str:
    """Names and values glued together in order of name, leaving out ``-a,-b``."""
    left_out = {name.strip().removeprefix("-") for name in without.split(",") if name.strip()}
    return "".join(name + values[name] for name in sorted(values) if name not in left_out)


def _path_query(view: Signable) -> str:
    parts = urlsplit(view.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _form_sorted(view: Signable) -> str:
    try:
        pairs = form_pairs(view.body.decode())
    except (MappingFailed, UnicodeDecodeError):
        raise PartMissing("the body is not a form") from None
    return "".join(name + value for name, value in sorted(set(pairs)))


def _config(view: Signable, name: str) -> str:
    value = as_text(view.config.get(name))
    if not value:
        raise PartMissing(f"the account has no setting {name!r}")
    return value


_TAKEN: Mapping[str, Callable[[Signable, Part], str | bytes]] = {
    "body": lambda view, _: view.body,
    "body_unless_multipart": lambda view, _: b"" if view.multipart else view.body,
    "body_sha256_hex": lambda view, _: hashlib.sha256(view.body).hexdigest(),
    "url": lambda view, _: view.url,
    "path": lambda view, _: urlsplit(view.url).path,
    "path_query": lambda view, _: _path_query(view),
    "api_path": lambda view, _: view.api_path,
    "method": lambda view, _: view.method,
    "header": lambda view, part: single(view.headers, part),
    "query": lambda view, part: single(view.query, part),
    "secret": lambda view, part: secret(view, part.argument),
    "config": lambda view, part: _config(view, part.argument),
    "literal": lambda _, part: part.argument,
    "form_sorted": lambda view, _: _form_sorted(view),
    "query_sorted_kv": lambda view, part: sorted_pairs(view.query, part.argument),
    "params_sorted_kv": lambda view, part: sorted_pairs({**view.query, **view.form}, part.argument),
}


def digest(rule: SignatureRule, view: Signable, *, wrap: str = "") -> bytes:
    """The digest of the parts by an ``hmac`` or ``hash`` rule; raises PartMissing."""
    taken = [_TAKEN[part.kind](view, part) for part in rule.parts]
    parts = [part.encode(errors="replace") if isinstance(part, str) else part for part in taken]
    if rule.sort_parts:
        parts.sort()
    around = secret(view, wrap).encode() if wrap else b""
    message = around + rule.join.encode().join(parts) + around
    if rule.scheme == "hmac":
        return hmac.digest(secret(view, rule.key).encode(), message, rule.hash)
    return hashlib.new(rule.hash, message, usedforsecurity=False).digest()


def encode(rule: SignatureRule, value: bytes) -> str:
    """The digest as the rule writes it, with its prefix."""
    if rule.encoding == "base64":
        return rule.prefix + base64.b64encode(value).decode()
    text = value.hex()
    return rule.prefix + (text.upper() if rule.encoding == "HEX" else text)


def decoded(rule: SignatureRule, text: str) -> bytes | None:
    """The digest a sender wrote, None when it is not written as the rule wants."""
    if not text.startswith(rule.prefix):
        return None
    text = text.removeprefix(rule.prefix)
    try:
        if rule.encoding == "base64":
            return base64.b64decode(text, validate=True)
        return bytes.fromhex(text) if text.isalnum() else None
    except (ValueError, binascii.Error):
        return None
