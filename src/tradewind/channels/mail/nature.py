"""Whether a person wrote a mail (RFC 3834), a machine did, or it reports a failure (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tradewind.channels.mail.headers import ids_in
from tradewind.channels.mail.marketplaces import marketplace_of
from tradewind.channels.mail.model import Bounce, MailKind, ParsedMail

OUR_ID = re.compile(r"<(tw\.[^<>\s]{1,400}@[^<>\s]{1,200})>")
_PRECEDENCE = {"bulk", "junk", "list", "auto_reply"}
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
_MACHINE = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|no-?reply|do-?not-?reply|noreply\w*)(?:[+._-].*)?"
)
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|maildaemon)(?:[+._-].*)?")
_FIELD = re.compile(r"(?im)^([a-z][a-z-]{2,40})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_BOUNCE_SUBJECT = re.compile(
    r"(?i)undeliver|delivery (?:status|fail|has failed)|returned mail|failure notice|"
    r"mail delivery|unzustellbar|non remis|no entregado|退信|投递失败|配信不能|수신 ?불가"
)


def is_machine(address: str) -> bool:
    """Whether nobody reads answers to the address (no-reply, mailer-daemon)."""
    return bool(_MACHINE.fullmatch(address.partition("@")[0].lower()))


def judge(mail: ParsedMail, *, report: str, returned: str) -> tuple[MailKind, str]:
    """The kind of a mail and the header that tells.

    ``report`` is the text of a delivery-status part, ``returned`` that of the mail sent back.
    """
    if reason := _bounce_reason(mail, report=report, returned=returned):
        return MailKind.BOUNCE, reason
    if marketplace_of(mail.sender.address) is not None:
        # Marketplace relays send buyers' words with bulk headers and from no-reply addresses.
        return _declared_auto(mail)
    if reason := _list_reason(mail.headers):
        return MailKind.LIST, reason
    kind, reason = _declared_auto(mail)
    return (kind, reason) if reason else _suspected_auto(mail)


def _bounce_reason(mail: ParsedMail, *, report: str, returned: str) -> str:
    content_type = mail.header("content-type").lower()
    if report and ("report" in content_type or "delivery-status" in content_type):
        return "delivery-status report"
    if "x-failed-recipients" in mail.headers:
        return "X-Failed-Recipients"
    says_so = report or _BOUNCE_SUBJECT.search(mail.subject)
    if _DAEMON.fullmatch(mail.sender.address.partition("@")[0]) and (says_so or returned):
        return "From: mailer-daemon"
    # A holiday note has an empty Return-Path too and may carry our mail: it is no failure.
    return "empty Return-Path" if mail.return_path == "" and says_so else ""


def _list_reason(headers: Mapping[str, list[str]]) -> str:
    return next((name for name in ("list-id", "list-unsubscribe") if name in headers), "")


def _declared_auto(mail: ParsedMail) -> tuple[MailKind, str]:
    submitted = mail.header("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return MailKind.AUTO_REPLY, "Auto-Submitted"
    reason = next((name for name in _AUTO_HEADERS if name in mail.headers), "")
    return (MailKind.AUTO_REPLY, reason) if reason else (MailKind.ORDINARY, "")


def _suspected_auto(mail: ParsedMail) -> tuple[MailKind, str]:
    precedence = mail.header("precedence").strip().lower()
    if precedence in _PRECEDENCE:
        kind = MailKind.LIST if precedence in {"list", "bulk"} else MailKind.AUTO_REPLY
        return kind, "Precedence"
    suppress = mail.header("x-auto-response-suppress").strip().lower()
    if suppress and suppress != "none":
        return MailKind.AUTO_REPLY, "X-Auto-Response-Suppress"
    if mail.return_path == "":
        return MailKind.AUTO_REPLY, "empty Return-Path"
    if is_machine(mail.sender.address):
        return MailKind.AUTO_REPLY, "From: no-reply"
    return MailKind.ORDINARY, ""


def read_bounce(mail: ParsedMail, *, report: str, returned: str) -> Bounce:
    """What failed and why, from the report or, for old servers, from the words of the mail."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(report[:50_000]):
        fields.setdefault(name.lower(), " ".join(value.split()))
    words = mail.text[:20_000]
    diagnostic = fields.get("diagnostic-code", "")
    recipient = fields.get("final-recipient") or fields.get("original-recipient") or ""
    return Bounce(
        failed_message_id=_failed_id(mail, returned=returned, words=words),
        recipient=(recipient.rpartition(";")[2].strip() or mail.header("x-failed-recipients")),
        status=_status(fields.get("status", ""), diagnostic, words),
        diagnostic=(diagnostic.partition(";")[2].strip() or diagnostic or words.strip())[:2_000],
        action=fields.get("action", "failed").lower(),
    )


def _status(given: str, diagnostic: str, words: str) -> str:
    for text in (given, diagnostic, words):
        if hit := _STATUS.search(text):
            return hit[1]
    code = _CODE.search(diagnostic) or _CODE.search(words)
    return f"{code[1]}.0.0" if code else ""


def _failed_id(mail: ParsedMail, *, returned: str, words: str) -> str:
    """Our own id wherever it stands; else the Message-ID of the returned mail."""
    for text in (returned, words):
        if hit := OUR_ID.search(text):
            return hit[1]
    named = [value for name, value in _FIELD.findall(returned) if name.lower() == "message-id"]
    found = [one for value in named for one in ids_in(value)]
    return (found or [*reversed(mail.references), mail.in_reply_to, ""])[0]
