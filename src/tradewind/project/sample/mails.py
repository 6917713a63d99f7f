"""The mails of the sample's mailbox, as they would have come over the wire."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tradewind.project.sample.plan import Case

_HOST = "mail.example"


def mail_id(case: Case, turn: int) -> str:
    """The Message-ID (no brackets) of a turn of the case."""
    return f"{case.script.key.replace(':', '.')}.{turn}.{case.thread}@{_HOST}"


def raw_mail(case: Case, turn: int, *, to: str) -> bytes:
    """What the buyer's program sent: threaded to everything said before."""
    said = case.turns[turn]
    mail = EmailMessage(policy=SMTP)
    user, _, domain = case.buyer.value.partition("@")
    mail["From"] = Address(case.buyer.name, user, domain)
    mail["To"] = to
    mail["Subject"] = _subject(case, turn)
    mail["Date"] = format_datetime(_whole(said.at))
    mail["Message-ID"] = f"<{mail_id(case, turn)}>"
    if earlier := [n for n in range(turn) if case.turns[n].who != "n"]:
        mail["In-Reply-To"] = f"<{mail_id(case, earlier[-1])}>"
        mail["References"] = " ".join(f"<{mail_id(case, n)}>" for n in earlier)
    mail.set_content(said.text)
    return mail.as_bytes()


def _subject(case: Case, turn: int) -> str:
    first_line = case.turns[0].text.splitlines()[0]
    subject = " ".join((case.subject or first_line[:60]).split())
    return f"Re: {subject}" if turn else subject


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
