"""Which conversation a mail belongs to: keys to look up, the surest first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradewind.channels.mail.marketplaces import is_relay, marketplace_of, order_ids
from tradewind.channels.mail.model import Address, ParsedMail
from tradewind.channels.mail.nature import is_machine
from tradewind.nlp.phrases import SUBJECT_PREFIX

_TOKEN = re.compile(
    r"(?i)(?<![\w.-])tw\.([a-z0-9_-]{1,80})\.([a-z0-9]{6,40})\.([a-z2-7]{16})(?!\w)"
)
_PART = re.compile(r"[A-Za-z0-9_-]{1,80}")
_RESULT = re.compile(r"(?i)\b(dkim|spf|dmarc)\s*=\s*([a-z]+)\b([^;]*)")
_PROOF = re.compile(r"(?i)(?:header\.(?:d|i|from)|smtp\.(?:mailfrom|mfrom))\s*=\s*([^\s;()]+)")
SUBJECT_DAYS = 30


class ThreadKeyKind(StrEnum):
    """What a thread key is compared with."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    RELAY_ORDER = "relay_order"
    ORDER = "order"
    RELAY = "relay"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """One thing to look a conversation up by.

    ``conversation`` is a conversation's id, ``message`` the Message-ID of a known message, the
    others are kept beside a conversation. ``within_days`` bounds how old a match may be.
    """

    kind: ThreadKeyKind
    value: str
    within_days: int | None = None


def make_message_id(conversation: str, *, random: str, key: bytes, domain: str) -> str:
    """Our Message-ID (with brackets) that names the conversation and cannot be forged."""
    token = make_token(conversation, random=random, key=key)
    return f"<{token}@{domain}>"


def make_token(conversation: str, *, random: str, key: bytes) -> str:
    """``tw.{conversation}.{random}.{mac}``; raises ValueError when a part has other letters."""
    if not _PART.fullmatch(conversation) or not re.fullmatch(r"[a-z0-9]{6,40}", random):
        raise ValueError(
            f"A token takes letters, digits, - and _; got {conversation!r}, {random!r}."
        )
    return f"tw.{conversation}.{random}.{_mac(conversation, random, key)}"


def find_conversation(text: str, *, keys: Sequence[bytes]) -> str | None:
    """The conversation named by one of our tokens in the text; None when none is genuine.

    ``keys`` holds the present key and former ones. Gateways that lower-case ids are survived.
    """
    for conversation, random, mac in _TOKEN.findall(text):
        for key in keys:
            if hmac.compare_digest(_mac(conversation, random, key), mac.lower()):
                return str(conversation)
    return None


def _mac(conversation: str, random: str, key: bytes) -> str:
    said = f"{conversation}.{random}".lower().encode()
    return base64.b32encode(hmac.digest(key, said, hashlib.sha256)[:10]).decode().lower()


def thread_keys(
    mail: ParsedMail, *, keys: Sequence[bytes], own: Collection[str] = (), trusted: str = ""
) -> list[ThreadKey]:
    """Where to look for the mail's conversation, in order (connector reference §5).

    ``keys`` verify our tokens, ``own`` are the account's addresses, ``trusted`` is the name of
    the server whose Authentication-Results count (empty: the topmost one's).
    """
    found = [*_by_token(mail, keys), *_by_headers(mail)]
    found += _by_order(mail, trusted=trusted) or _by_subject(mail, own=own)
    return list(dict.fromkeys(found))


def _by_token(mail: ParsedMail, keys: Sequence[bytes]) -> list[ThreadKey]:
    addressed = [one.address for one in [*mail.to, *mail.cc]] + mail.delivered_to
    for text in (*addressed, mail.in_reply_to, *reversed(mail.references)):
        if (conversation := find_conversation(text, keys=keys)) is not None:
            return [ThreadKey(ThreadKeyKind.CONVERSATION, conversation)]
    return []


def _by_headers(mail: ParsedMail) -> list[ThreadKey]:
    named = [mail.in_reply_to, *reversed(mail.references)]
    return [ThreadKey(ThreadKeyKind.MESSAGE, one) for one in named if one]


def _by_order(mail: ParsedMail, *, trusted: str) -> list[ThreadKey]:
    """Keys of a marketplace's mail; notices have no threading headers, only the number."""
    sender = mail.sender.address
    market = marketplace_of(sender)
    if market is None or is_authentic(mail, trusted=trusted) is False:
        return []
    order = the_order(mail)
    found: list[ThreadKey] = []
    if is_relay(sender):
        kind = ThreadKeyKind.RELAY_ORDER if order else ThreadKeyKind.RELAY
        found.append(ThreadKey(kind, f"{sender}|{order}" if order else sender))
    if order:
        found.append(ThreadKey(ThreadKeyKind.ORDER, f"{market.name}|{order}"))
    return found


def the_order(mail: ParsedMail) -> str:
    """The one order number a mail is about; empty when it names none or several at once."""
    for text in (mail.subject, mail.text[:20_000]):
        found = order_ids(text, sender=mail.sender.address)
        if found:
            # A digest of many orders belongs to none of their conversations.
            return found[0] if len(found) == 1 else ""
    return ""


def _by_subject(mail: ParsedMail, *, own: Collection[str]) -> list[ThreadKey]:
    subject, writer = normal_subject(mail.subject), writer_of(mail, own=own).address
    if not subject or not writer or is_own(writer, own):
        return []
    return [ThreadKey(ThreadKeyKind.SUBJECT, f"{writer}|{subject}", SUBJECT_DAYS)]


def own_addresses(config: Mapping[str, Any]) -> frozenset[str]:
    """The addresses that an account's settings name as its own."""
    own = [config.get("address") or "", *(config.get("aliases") or ())]
    return frozenset(one.strip().lower() for one in map(str, own) if one)


def is_own(address: str, own: Collection[str]) -> bool:
    """Whether an address is one of the account's, with or without a +tag."""
    local, at, domain = address.rpartition("@")
    return address in own or f"{local.partition('+')[0]}{at}{domain}" in own


def writer_of(mail: ParsedMail, *, own: Collection[str] = ()) -> Address:
    """Whose words these are: Reply-To when a form or a notice robot wrote for a person."""
    sender = mail.sender
    if mail.loop and is_own(sender.address, own):
        return sender
    market = marketplace_of(sender.address)
    is_robot = is_machine(sender.address) or is_own(sender.address, own)
    is_robot = is_robot or (market is not None and not is_relay(sender.address))
    others = [one for one in mail.reply_to if one.address and not is_own(one.address, own)]
    if is_robot and others and not is_machine(others[0].address):
        return others[0]
    return sender


def normal_subject(subject: str) -> str:
    """A subject without reply and forward marks, in one case, at most 200 characters."""
    text = SUBJECT_PREFIX.sub("", subject, count=1) if SUBJECT_PREFIX.match(subject) else subject
    return " ".join(text.casefold().split())[:200]


def is_authentic(mail: ParsedMail, *, trusted: str = "") -> bool | None:
    """Whether DKIM, SPF or DMARC passed for the sender's domain; None when nobody checked.

    Only the results of the ``trusted`` server count; without a name those of the last server.
    """
    domain = mail.sender.domain
    for value in mail.headers.get("authentication-results", ())[: None if trusted else 1]:
        server = value.partition(";")[0].split()[:1]
        if trusted and [trusted.lower()] != [one.lower() for one in server]:
            continue
        passed = [rest for _, result, rest in _RESULT.findall(value) if result.lower() == "pass"]
        proofs = (proof for rest in passed for proof in _PROOF.findall(rest))
        return any(_is_aligned(proof.rpartition("@")[2].lower(), domain) for proof in proofs)
    return False if trusted else None


def _is_aligned(proven: str, domain: str) -> bool:
    proven = proven.strip(".\"'")
    return "." in proven and (f".{domain}".endswith(f".{proven}") or proven.endswith(f".{domain}"))
