"""What is known of a mail once it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailKind(StrEnum):
    """What a mail is by its headers: a person's, a machine's answer, a bounce or a list's."""

    ORDINARY = "ordinary"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a mail is read; what goes beyond is named in ``problems``. Sizes in bytes."""

    message_bytes: int = 100 * 1024 * 1024
    header_bytes: int = 256 * 1024
    text_chars: int = 1_000_000
    attachment_bytes: int = 25 * 1024 * 1024
    all_attachments_bytes: int = 40 * 1024 * 1024
    parts: int = 200
    depth: int = 20


@dataclass(frozen=True, slots=True)
class Address:
    """A display name and an address; the address is lower-case, either may be empty."""

    name: str = ""
    address: str = ""

    @property
    def domain(self) -> str:
        """What stands after the last @, empty when there is none."""
        return self.address.rpartition("@")[2] if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail. ``name`` is never a path; ``refused`` says why ``data`` is empty."""

    name: str
    mime: str
    size: int
    data: bytes = field(default=b"", repr=False)
    cid: str = ""
    inline: bool = False
    refused: str = ""

    @property
    def kind(self) -> str:
        """``image``, ``video``, ``audio`` or ``file``, as the canonical event wants it."""
        family = self.mime.partition("/")[0]
        return family if family in {"image", "video", "audio"} else "file"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report (RFC 3464). ``hard`` is true for a final failure (status 5.x.x)."""

    failed_message_id: str = ""
    recipient: str = ""
    status: str = ""
    diagnostic: str = ""
    action: str = "failed"

    @property
    def hard(self) -> bool:
        """Whether another try is pointless."""
        return not self.status.startswith("4") and self.action == "failed"


@dataclass(slots=True)
class ParsedMail:
    """A mail as far as it could be read; ``problems`` says in sentences what could not.

    ``date`` is in UTC; ``date_from`` names the header it came from. ``headers`` has lower-case
    names and decoded values in the order of the mail. ``loop`` is our own loop header.
    """

    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    sender: Address = field(default_factory=Address)
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    reply_to: list[Address] = field(default_factory=list)
    delivered_to: list[str] = field(default_factory=list)
    return_path: str | None = None
    date: datetime | None = None
    date_from: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    kind: MailKind = MailKind.ORDINARY
    kind_reason: str = ""
    bounce: Bounce | None = None
    loop: str = ""
    headers: Mapping[str, list[str]] = field(default_factory=dict, repr=False)
    problems: list[str] = field(default_factory=list)

    @property
    def auto(self) -> bool:
        """Whether no person wrote this mail: it is never answered by a machine."""
        return self.kind is not MailKind.ORDINARY or bool(self.loop)

    def header(self, name: str) -> str:
        """The first value of a header, empty when it is not there."""
        return next(iter(self.headers.get(name, ())), "")
