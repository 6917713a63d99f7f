"""A reply as a correct mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr

from tradewind.channels.contract import Outbound, OutboundFile
from tradewind.channels.mail.bodies import safe_name
from tradewind.channels.mail.errors import ComposeRefused
from tradewind.nlp.phrases import SUBJECT_PREFIX

_IDS = {"message-id", "in-reply-to", "references"}
_ID = re.compile(r"[^<>\s\x00-\x1f]{1,900}")
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+")
_MOST_REFERENCES = 30


class _WholeIds(EmailPolicy):
    """The standard policy would cut a long Message-ID into encoded words and break threads."""

    def fold(self, name: str, value: str) -> str:
        """A header as lines; ids stay whole, one a line."""
        if name.lower() in _IDS:
            return f"{name}: {f'{self.linesep} '.join(str(value).split())}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same in bytes."""
        if name.lower() in _IDS:
            return self.fold(name, value).encode("ascii", "replace")
        return bytes(super().fold_binary(name, value))


POLICY = _WholeIds(linesep=SMTP.linesep, raise_on_defect=False, cte_type="7bit", max_line_length=78)


def compose(
    outbound: Outbound,
    *,
    sender: str,
    message_id: str,
    now: datetime | None = None,
    automatic: bool = False,
    loop: str = "1",
) -> EmailMessage:
    """The mail of a reply, in UTF-8, threaded to what it answers.

    ``sender`` is ``Name <address>``. ``context["html"]`` adds an HTML form, ``context["reply_to"]``
    a Reply-To, ``context["cc"]`` a list of copies. Raises ComposeRefused for line breaks in a
    header, a wrong address or a wrong ``message_id``.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = _address("sender", *_named(sender))
    message["To"] = _address("buyer_address", outbound.buyer_name, outbound.buyer_address)
    if copies := outbound.context.get("cc"):
        message["Cc"] = [_address("cc", *_named(str(one))) for one in copies]
    if reply_to := outbound.context.get("reply_to"):
        message["Reply-To"] = _address("reply_to", *_named(str(reply_to)))
    message["Subject"] = _subject(outbound)
    message["Date"] = format_datetime(now or datetime.now(UTC))
    message["Message-ID"] = _own_id(message_id)
    _thread(message, outbound)
    message["X-Tradewind-Loop"] = _line("loop", loop)
    if automatic:
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
    _fill(message, outbound)
    return message


def _thread(message: EmailMessage, outbound: Outbound) -> None:
    """Name what is answered, as far as a header can: some programs write ids that none may hold."""
    if answered := _writable([outbound.reply_to]):
        message["In-Reply-To"] = _written(answered)
    chain = _writable([*outbound.references, outbound.reply_to] if outbound.reply_to else [])
    # The first names the thread, the last ones its branch (RFC 5537 §3.4.4 cuts like this).
    kept = chain if len(chain) <= _MOST_REFERENCES else [chain[0], *chain[1 - _MOST_REFERENCES :]]
    if kept:
        message["References"] = _written(kept)


def _fill(message: EmailMessage, outbound: Outbound) -> None:
    message.set_content(outbound.text.replace("\x00", ""), charset="utf-8")
    if html := str(outbound.context.get("html") or ""):
        message.add_alternative(html, subtype="html", charset="utf-8")
    for number, file in enumerate(outbound.attachments, 1):
        _attach(message, file, number)


def _attach(message: EmailMessage, file: OutboundFile, number: int) -> None:
    mime = file.mime.strip().lower()
    family, _, kind = (mime if _MIME.fullmatch(mime) else "application/octet-stream").partition("/")
    if family in {"multipart", "message", "text"}:
        # As bytes: a text of another charset or a mail must arrive as it was.
        family, kind = "application", "octet-stream"
    name = safe_name(file.name, mime=mime, number=number)
    message.add_attachment(file.data, maintype=family, subtype=kind, filename=name)


def _subject(outbound: Outbound) -> str:
    subject = _line("subject", outbound.subject)
    if outbound.reply_to and not SUBJECT_PREFIX.match(subject):
        return f"Re: {subject}".strip()
    return subject


def _named(text: str) -> tuple[str, str]:
    name, address = parseaddr(_line("address", text))
    return name, address or text


def _address(field: str, name: str, address: str) -> HeaderAddress:
    text = _line(field, address).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or re.search(r"[\s<>(),;:\"\[\]]", text):
        raise ComposeRefused(f"{field}: {address!r} is no mail address.")
    if not local.isascii():
        raise ComposeRefused(
            f"{field}: {address!r} has letters before the @ that mail cannot carry."
        )
    try:
        return HeaderAddress(_line(field, name), local, domain.encode("idna").decode())
    except (UnicodeError, ValueError, IndexError) as error:
        raise ComposeRefused(f"{field}: {address!r} is no mail address ({error}).") from error


def _line(field: str, text: str) -> str:
    if re.search(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text):
        raise ComposeRefused(f"{field} has a line break; a header is one line.")
    return text


def _bare(text: str) -> str:
    return text.strip().removeprefix("<").removesuffix(">")


def _writable(ids: Sequence[str]) -> list[str]:
    """Those that a header can hold, each once, without brackets."""
    found = (_bare(one) for one in ids)
    return list(dict.fromkeys(one for one in found if _ID.fullmatch(one) and one.isascii()))


def _own_id(text: str) -> str:
    if not _writable([text]):
        raise ComposeRefused(f"message_id: {text!r} is no Message-ID.")
    return _written(_writable([text]))


def _written(ids: Sequence[str]) -> str:
    return " ".join(f"<{one}>" for one in ids)
