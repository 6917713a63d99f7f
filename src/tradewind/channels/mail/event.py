"""A read mail as the canonical event, and the key that tells the same mail again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.channels.contract import Account, Event, EventKind
from tradewind.channels.mail.charset import decode_header
from tradewind.channels.mail.headers import ids_in
from tradewind.channels.mail.html import html_to_text, safe_html
from tradewind.channels.mail.marketplaces import is_relay, marketplace_of, order_ids
from tradewind.channels.mail.mime import Span, read_headers
from tradewind.channels.mail.model import Address, Bounce, Limits, MailKind, ParsedMail
from tradewind.channels.mail.strip import Stripped, strip
from tradewind.channels.mail.threads import (
    ThreadKey,
    ThreadKeyKind,
    find_conversation,
    is_authentic,
    is_own,
    own_addresses,
    thread_keys,
    writer_of,
)

_RELAY_NAME = re.compile(r"(?i)\s*[-–—|(]\s*(?:amazon|ebay|walmart|etsy)\b.*$")
_STUB = re.compile(r"(?i)\bhtml\b")
_HASHED_BODY = 1024 * 1024
_LONGEST_KEY = 200
_SEARCHED = 20_000
_ON_ITS_WAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Setup:
    """What an account's settings say about its mail."""

    own: frozenset[str]
    keys: tuple[bytes, ...]
    trusted: str


def to_event(parsed: ParsedMail, *, account: Account, received_at: datetime | None = None) -> Event:
    """The mail as a message, or as a receipt when it reports that a mail of ours failed.

    Account settings read: ``address``, ``aliases`` (list), ``authserv_id``; secrets
    ``thread_key`` and ``thread_key.previous``. ``attachments[i]`` is the description of
    ``parsed.attachments[i]``, where its bytes are. ``received_at`` is when the mail reached the
    mailbox: it counts as said then, whatever its Date says.
    """
    setup = _setup(account)
    bounce = parsed.bounce
    if bounce is not None and find_conversation(bounce.failed_message_id, keys=setup.keys):
        return _receipt(parsed, bounce, setup)
    return _message(parsed, setup, received_at)


def body_of(parsed: ParsedMail) -> Stripped:
    """The new text, the quoted history and the signature, from the text or else the HTML."""
    text = parsed.text.strip()
    is_stub = len(text) < 300 and bool(_STUB.search(text))
    if parsed.html and (not text or is_stub):
        return strip(html_to_text(parsed.html, marks=True))
    return strip(parsed.text)


def dedupe_key(raw: bytes) -> str:
    """The Message-ID, else a hash of From, Date, Subject and body; line ends do not matter."""
    span = Span(raw, 0, len(raw))
    headers, body = read_headers(span, Limits())
    named = ids_in(next(iter(headers.get("message-id", ())), ""))
    if named and len(named[0]) <= _LONGEST_KEY:
        return f"mid:{named[0]}"
    told = named[:1] or [
        decode_header(value)
        for name in ("from", "date", "subject")
        for value in headers.get(name, ())
    ]
    digest = hashlib.sha256("\x00".join(told).encode("utf-8", "replace"))
    if not named:
        digest.update(body.bytes(_HASHED_BODY).replace(b"\r\n", b"\n").rstrip())
    return f"sha256:{digest.hexdigest()}"


def _setup(account: Account) -> _Setup:
    config: Mapping[str, Any] = account.config
    secrets = (account.secrets.get("thread_key"), account.secrets.get("thread_key.previous"))
    return _Setup(
        own=own_addresses(config),
        keys=tuple(one.encode() for one in secrets if one),
        trusted=str(config.get("authserv_id") or ""),
    )


def _message(parsed: ParsedMail, setup: _Setup, received_at: datetime | None) -> Event:
    body, safe = body_of(parsed), safe_html(parsed.html)
    keys = thread_keys(parsed, keys=setup.keys, own=setup.own, trusted=setup.trusted)
    # Numbers are looked for where people write them; a megabyte of digits would take seconds.
    told = f"{parsed.subject}\n{body.text[:_SEARCHED]}\n{body.quoted[:_SEARCHED]}"
    fields: dict[str, Any] = {
        "id": parsed.message_id,
        "message_id": parsed.message_id,
        "conversation_id": _conversation_id(parsed, keys),
        **_author(parsed, setup),
        "subject": parsed.subject,
        "text": body.text,
        "quoted": body.quoted,
        "signature": body.signature,
        "html": safe.html,
        "blocked_images": safe.blocked_images,
        "attachments": _attachments(parsed),
        "order_ids": order_ids(told, sender=parsed.sender.address),
        "item_ids": [],
        "reply_to_id": parsed.in_reply_to,
        "references": list(parsed.references),
        "thread_keys": [
            {"kind": key.kind.value, "value": key.value, "within_days": key.within_days}
            for key in keys
        ],
        "auto": parsed.auto,
        "auto_reason": parsed.kind_reason or ("X-Tradewind-Loop" if parsed.loop else ""),
        "raw_kind": parsed.kind.value,
        **_times(parsed, received_at),
    }
    return Event(EventKind.MESSAGE, fields, warnings=list(parsed.problems))


def _author(parsed: ParsedMail, setup: _Setup) -> dict[str, Any]:
    writer = writer_of(parsed, own=setup.own)
    is_ours = is_own(writer.address, setup.own)
    authentic = is_authentic(parsed, trusted=setup.trusted)
    # Who only pretends to be a marketplace writes an ordinary mail.
    market = marketplace_of(writer.address) if authentic is not False else None
    relayed = market is not None and is_relay(writer.address)
    role = "seller" if is_ours else "platform" if market and not relayed else "buyer"
    name = _RELAY_NAME.sub("", writer.name) if relayed else writer.name
    return {
        "direction": "out" if is_ours else "in",
        "author_role": role,
        "author_id": writer.address,
        "author_name": name or writer.name,
        "author_email": writer.address,
        "reply_address": _reply_address(parsed, writer, setup),
        "marketplace": market.name if market else "",
        "authentic": authentic,
        "to": [one.address for one in parsed.to],
        "cc": [one.address for one in parsed.cc],
    }


def _reply_address(parsed: ParsedMail, writer: Address, setup: _Setup) -> str:
    """Where the next word goes: to whom the mail names for it, or to whom our own mail went."""
    named = [*parsed.to, *parsed.cc] if is_own(writer.address, setup.own) else parsed.reply_to
    others = [one.address for one in named if not is_own(one.address, setup.own)]
    return next(filter(None, others), writer.address)


def _conversation_id(parsed: ParsedMail, keys: list[ThreadKey]) -> str:
    """An id all mails of one thread share as well as one mail alone can tell."""
    for key in keys:
        if key.kind is ThreadKeyKind.CONVERSATION:
            return key.value
        if key.kind in {ThreadKeyKind.RELAY_ORDER, ThreadKeyKind.RELAY}:
            return parsed.sender.address
        if key.kind is ThreadKeyKind.ORDER:
            return key.value
    return next(iter(parsed.references), "") or parsed.in_reply_to or parsed.message_id


def _attachments(parsed: ParsedMail) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "mime": one.mime,
            "kind": one.kind,
            "size": one.size,
            "media_id": f"{number}",
            "cid": one.cid,
            "inline": one.inline,
            "refused": one.refused,
        }
        for number, one in enumerate(parsed.attachments)
    ]


def _times(parsed: ParsedMail, received_at: datetime | None) -> dict[str, str]:
    """When it counts as said, and when its sender says it was written, if that is another time.

    A mail may be written offline or held on its way for hours, and a sender's clock may be wrong:
    what reaches us after our own last word is an answer to it.
    """
    if received_at is None:
        return {"sent_at": _iso(parsed.date)}
    is_odd = parsed.date and abs(parsed.date - received_at) > _ON_ITS_WAY
    return {"sent_at": _iso(received_at)} | ({"written_at": _iso(parsed.date)} if is_odd else {})


def _iso(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else ""


def _receipt(parsed: ParsedMail, bounce: Bounce, setup: _Setup) -> Event:
    status = {"delayed": "sent", "delivered": "delivered", "relayed": "delivered"}
    fields: dict[str, Any] = {
        "id": parsed.message_id,
        "message_id": bounce.failed_message_id,
        "conversation_id": find_conversation(bounce.failed_message_id, keys=setup.keys) or "",
        "status": status.get(bounce.action, "failed"),
        "error_code": bounce.status,
        "error_text": bounce.diagnostic,
        "recipient": bounce.recipient,
        "hard": bounce.hard,
        "at": _iso(parsed.date),
        "raw_kind": MailKind.BOUNCE.value,
    }
    return Event(EventKind.RECEIPT, fields, warnings=list(parsed.problems))
