"""Any bytes in, what could be read of the mail out."""

from __future__ import annotations

from tradewind.channels.mail.bodies import Bodies
from tradewind.channels.mail.charset import decode_header
from tradewind.channels.mail.headers import address, addresses, date_of, ids_in
from tradewind.channels.mail.mime import Span, Walk, read_headers
from tradewind.channels.mail.model import Limits, ParsedMail

_DEFAULTS = Limits()
_MB = 1024 * 1024


def parse_mail(raw: bytes, *, limits: Limits = _DEFAULTS) -> ParsedMail:
    """The mail as far as it can be read; never raises, ``problems`` says what was wrong."""
    mail = ParsedMail()
    whole = Span(raw, _mbox_line(raw), min(len(raw), limits.message_bytes))
    if len(raw) > limits.message_bytes:
        mail.problems.append(
            f"The mail has {len(raw) / _MB:.0f} MB; only the first"
            f" {limits.message_bytes / _MB:.0f} MB were read."
        )
    headers, body = read_headers(whole, limits)
    if not headers:
        mail.problems.append("The mail has no headers.")
    mail.headers = headers
    _read_envelope(mail)
    walk, reader = Walk(limits), Bodies(mail, limits)
    for part in walk.leaves(headers, body):
        reader.take(part)
    mail.problems += walk.problems
    reader.finish()
    return mail


def _mbox_line(raw: bytes) -> int:
    """Where the mail begins behind a ``From `` line left over from an mbox or blank lines."""
    start = len(raw[:100]) - len(raw[:100].lstrip(b"\r\n"))
    if raw[start : start + 5] == b"From " and (end := raw.find(b"\n", start, start + 1000)) > 0:
        return end + 1
    return start


def _read_envelope(mail: ParsedMail) -> None:
    headers = mail.headers
    mail.message_id = next(iter(ids_in(mail.header("message-id"))), "")
    mail.in_reply_to = next(iter(ids_in(mail.header("in-reply-to"))), "")
    mail.references = ids_in(" ".join(headers.get("references", ())))[-100:]
    senders = addresses(headers.get("from", ())) or addresses(headers.get("sender", ()))
    if senders:
        mail.sender = senders[0]
    else:
        mail.problems.append("The mail does not say who sent it.")
    mail.to, mail.cc = addresses(headers.get("to", ())), addresses(headers.get("cc", ()))
    mail.reply_to = addresses(headers.get("reply-to", ()))
    delivered = [*headers.get("delivered-to", ()), *headers.get("x-original-to", ())]
    mail.delivered_to = [one.address for one in addresses(delivered) if one.address]
    if paths := headers.get("return-path"):
        mail.return_path = address(paths[0]).address
    mail.subject = decode_header(mail.header("subject"))[:2_000]
    mail.loop = decode_header(mail.header("x-tradewind-loop"))[:500]
    mail.date, mail.date_from = date_of(dict(headers))
    if mail.date is None:
        mail.problems.append("The mail has no date that can be read.")
