"""The leaves of a mail sorted into text, HTML, delivery report and attachments."""

from __future__ import annotations

import re
import unicodedata

from tradewind.channels.mail.charset import clean, decode, decode_header
from tradewind.channels.mail.mime import Part, Span, read_headers, split_params
from tradewind.channels.mail.model import Attachment, Limits, MailKind, ParsedMail
from tradewind.channels.mail.nature import judge, read_bounce

_PATH = re.compile(r"[\\/:*?\"<>|]+")
_INVISIBLE = re.compile("[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_META_CHARSET = re.compile(rb"(?i)<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,40})")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")
_ENDINGS = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
    "application/pdf": ".pdf", "message/rfc822": ".eml", "text/html": ".html",
    "text/plain": ".txt", "video/mp4": ".mp4", "application/zip": ".zip", "text/calendar": ".ics",
}  # fmt: skip
_MB = 1024 * 1024


class Bodies:
    """Sorts the leaves of one mail into text, HTML, report and attachments."""

    def __init__(self, mail: ParsedMail, limits: Limits) -> None:
        self.mail, self.limits = mail, limits
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.report, self.returned = "", ""
        self.kept_bytes = 0

    def take(self, part: Part) -> None:
        """Put one leaf where it belongs."""
        disposition, params = split_params(part.header("content-disposition"))
        name = params.get("filename") or part.params.get("name") or ""
        if part.mime.startswith("message/") or part.mime == "text/rfc822-headers":
            self._note_report(part)
        if part.mime in {"message/delivery-status", "message/global-delivery-status"}:
            return
        is_body = part.mime in {"text/plain", "text/html"} and disposition != "attachment"
        if is_body and not name:
            self._take_text(part)
        elif len(part.body) or name:
            self._take_file(part, name, inline=disposition == "inline")

    def _note_report(self, part: Part) -> None:
        text = decode(part.bytes(limit=60_000))[0]
        if "delivery-status" in part.mime:
            self.report += text
        elif not self.returned:
            self.returned = text.partition("\n\n")[0]

    def _take_text(self, part: Part) -> None:
        raw = part.bytes(limit=self.limits.text_chars * 4)
        charset = part.params.get("charset", "")
        if not charset and part.mime == "text/html" and (hit := _META_CHARSET.search(raw[:4000])):
            charset = hit[1].decode("ascii")
        text, problem = decode(raw, charset)
        if problem:
            self.mail.problems.append(problem)
        if len(text) > self.limits.text_chars or len(part.body) > self.limits.text_chars * 4:
            self.mail.problems.append(
                f"A text of the mail was cut after {self.limits.text_chars:,} characters."
            )
        if part.params.get("format", "").lower() == "flowed":
            text = unflowed(text, joint="" if part.params.get("delsp", "") == "yes" else " ")
        bucket = self.htmls if part.mime == "text/html" else self.texts
        # A second text of another reading of the same (multipart/alternative) is no new text.
        if not (part.within == "multipart/alternative" and bucket):
            bucket.append(text[: self.limits.text_chars])

    def _take_file(self, part: Part, name: str, *, inline: bool) -> None:
        cid = part.header("content-id").strip().strip("<>")[:300]
        refused = self._refusal(part)
        data = b"" if refused else part.bytes()
        self.kept_bytes += len(data)
        number = len(self.mail.attachments) + 1
        file = Attachment(
            name=safe_name(name or self._title(part), mime=part.mime, number=number),
            mime=part.mime,
            size=part.size if refused else len(data),
            data=data,
            cid=cid,
            inline=inline or (bool(cid) and part.within == "multipart/related"),
            refused=refused,
        )
        self.mail.attachments.append(file)
        if refused:
            self.mail.problems.append(f"Attachment “{file.name}”: {refused}")

    def _title(self, part: Part) -> str:
        if part.mime != "message/rfc822":
            return ""
        headers, _ = read_headers(Span(part.bytes(limit=60_000), 0, 60_000), self.limits)
        subject = decode_header(next(iter(headers.get("subject", ())), ""))
        return f"{subject[:80]}.eml" if subject else ""

    def _refusal(self, part: Part) -> str:
        one, total = self.limits.attachment_bytes, self.limits.all_attachments_bytes
        if part.size > one:
            return f"it has {part.size / _MB:.1f} MB, files up to {one / _MB:g} MB are kept."
        if self.kept_bytes + part.size > total:
            return f"all files of the mail together are over {total / _MB:g} MB."
        return ""

    def finish(self) -> None:
        """Set the texts, the kind and the bounce of the mail."""
        mail = self.mail
        mail.text = "\n".join(text for text in self.texts if text.strip())[: self.limits.text_chars]
        mail.html = "\n".join(html for html in self.htmls if html.strip())
        mail.kind, mail.kind_reason = judge(mail, report=self.report, returned=self.returned)
        if mail.kind is MailKind.BOUNCE:
            mail.bounce = read_bounce(mail, report=self.report, returned=self.returned)


def unflowed(text: str, *, joint: str = " ") -> str:
    """Text of format=flowed (RFC 3676) with its soft line breaks removed."""
    lines: list[str] = []
    is_open = False
    for line in text.split("\n"):
        is_quote = line.startswith(">")
        if is_open and not is_quote and line != "-- ":
            lines[-1] += joint + line.removeprefix(" ").rstrip(" ")
        else:
            lines.append(line if is_quote or line == "-- " else line.removeprefix(" ").rstrip(" "))
        is_open = line.endswith(" ") and line != "-- " and not is_quote
    return "\n".join(lines)


def safe_name(name: str, *, mime: str = "", number: int = 1) -> str:
    """A file name that is never a path, never hidden and shows its real ending."""
    text = unicodedata.normalize("NFC", clean(name))
    text = _PATH.sub("_", re.split(r"[\\/]", text.rstrip("\\/ "))[-1])
    text = " ".join(_INVISIBLE.sub("", text).split()).strip(". ")
    if not text or _RESERVED.match(text):
        text = f"file-{number}{text and '-'}{text}" + ("" if text else _ENDINGS.get(mime, ""))
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > 12:
        return text[:120]
    return f"{stem[:110]}.{ending}"
