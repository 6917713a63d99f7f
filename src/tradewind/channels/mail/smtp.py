"""Sending a mail once, and saying truly how it ended."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import getaddresses

from tradewind.channels.contract import Receipt, SendStatus
from tradewind.channels.mail.checks import (
    Check,
    network_sentence,
    port_hint,
    provider_of_host,
    resolve,
    timed,
    tls_context,
)
from tradewind.channels.mail.clients import SmtpClient, SmtpTlsClient
from tradewind.channels.mail.compose import POLICY
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts

_DOT = re.compile(rb"(?m)^\.")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_RETRY_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach a sending server; ``tls`` is ssl, starttls or none.

    An OAuth ``token`` wins over the ``password``; without a ``user`` there is no sign-in.
    ``timeout`` in seconds; ``ca_pem`` adds a private certificate authority; ``private`` lists the
    servers in private networks that may be reached.
    """

    host: str
    port: int = 465
    tls: str = "ssl"
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    timeout: float = 30.0
    helo: str | None = None
    ca_pem: str = ""
    private: PrivateHosts = NO_PRIVATE


class _Rejected(Exception):
    """The server answered a step with a code that is no success."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(text.decode("utf-8", "replace"))
        self.code = code


class _Uncertain(Exception):
    """The connection broke between the end of the mail and the server's word on it."""


def send(settings: SmtpSettings, message: EmailMessage) -> Receipt:
    """Send once; never raises for what the server or the network does.

    4xx and network errors are RETRY, 5xx is REFUSED with the server's words. ``uncertain`` is
    true when the connection broke after the whole mail was sent: it may have been accepted.
    """
    data = message.as_bytes(policy=POLICY)
    id_ = str(message["Message-ID"] or "").strip("<> ")
    try:
        _deliver(settings, message, data)
    except _Uncertain as error:
        return _retry(id_, "lost_after_data", str(error), uncertain=True)
    except _Rejected as error:
        code, text = str(error.code), f"{settings.host} answered {error.code}: {error}"
        if 400 <= error.code < 500:
            return _retry(id_, code, text)
        return Receipt(SendStatus.REFUSED, id_, code, text)
    except MailboxRefused as error:
        return Receipt(SendStatus.REFUSED, id_, "login", str(error))
    except MailboxUnreachable as error:
        return _retry(id_, "unreachable", str(error))
    return Receipt(SendStatus.ACCEPTED, id_)


def check_smtp(settings: SmtpSettings, *, sender: str = "") -> list[Check]:
    """The steps to a server that takes mail from us, up to the first that fails; sends nothing."""
    session = _Session(settings)
    place = (settings.host, settings.port)
    provider = provider_of_host(settings.host)
    note = provider.note if provider else ""
    steps: list[tuple[str, Callable[[], str], Callable[[], str]]] = [
        ("dns", lambda: resolve(*place, settings.private), str),
        (
            "connect",
            session.connect,
            lambda: port_hint(*place, (465, 587, 25), settings.private),
        ),
        (
            "login",
            session.login,
            lambda: note or "Is it the user name and password of this mailbox?",
        ),
    ]
    if sender:
        hint = "The account may only send as itself; is the sender one of its addresses?"
        steps.append(("sender", lambda: session.try_sender(sender), lambda: hint))
    checks: list[Check] = []
    for name, step, hint_of in steps:
        checks.append(timed(name, step, hint=hint_of))
        if not checks[-1].ok:
            break
    session.close()
    return checks


class _Session:
    """One connection to a sending server; its steps raise what a person can act on."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self.client: smtplib.SMTP | None = None

    def connect(self) -> str:
        """Reach the server and, where set, its TLS."""
        settings = self.settings
        if settings.tls not in {"ssl", "starttls", "none"}:
            raise MailboxRefused(
                f"TLS must be ssl, starttls or none; it is set to {settings.tls!r}."
            )
        with _told(settings):
            self.client = self._open()
            self.client.ehlo_or_helo_if_needed()
            if settings.tls == "starttls":
                self.client.starttls(context=tls_context(settings.ca_pem))
                self.client.ehlo()
        return f"{settings.host}:{settings.port} answers ({settings.tls})."

    def _open(self) -> smtplib.SMTP:
        settings = self.settings
        place = (settings.host, settings.port, settings.helo)
        if settings.tls == "ssl":
            context = tls_context(settings.ca_pem)
            return SmtpTlsClient(
                settings.private, *place, timeout=settings.timeout, context=context
            )
        return SmtpClient(settings.private, *place, timeout=settings.timeout)

    def login(self) -> str:
        """Sign in with the token or the password, if a user is set."""
        settings, client = self.settings, self._client
        if not settings.user:
            return f"{settings.host} is used without sign-in."
        with _told(settings):
            if settings.token:
                said = f"user={settings.user}\1auth=Bearer {settings.token}\1\1"
                client.auth("XOAUTH2", lambda challenge=None: "" if challenge else said)
            else:
                client.login(settings.user, settings.password)
        return f"Signed in as {settings.user}."

    def try_sender(self, sender: str) -> str:
        """Ask whether mail from this address would be taken."""
        with _told(self.settings):
            code, text = self._client.mail(sender)
            self._client.rset()
        if code >= 400:
            said = text.decode("utf-8", "replace")
            raise MailboxRefused(f"The server takes no mail from {sender}: {code} {said}.")
        return f"The server takes mail from {sender}."

    def envelope(self, sender: str, recipients: list[str], size: int) -> None:
        """Name sender and recipients; raises _Rejected when one is refused."""
        client = self._client
        with _told(self.settings):
            options = [f"SIZE={size}"] if client.has_extn("size") else []
            _expect(client.mail(sender, options))
            for recipient in recipients:
                _expect(client.rcpt(recipient))
            _expect(client.docmd("DATA"), at_least=354)

    def hand_over(self, data: bytes) -> None:
        """Send the mail after DATA; raises _Uncertain when the last word is lost."""
        body = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", data))
        ending = b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"
        with _told(self.settings):
            # Without the ending dot the server must not deliver: a break up to here is no doubt.
            self._client.send(body)
        try:
            self._client.send(ending)
            answer = self._client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _Uncertain(
                f"{self.settings.host} took the whole mail and broke the connection before it"
                f" said yes ({error}); it may have arrived."
            ) from error
        _expect(answer)

    def close(self) -> None:
        """Leave; a connection that is gone already is no error."""
        if self.client is None:
            return
        try:
            self.client.quit()
        except (OSError, smtplib.SMTPException):
            self.client.close()
        self.client = None

    @property
    def _client(self) -> smtplib.SMTP:
        if self.client is None:
            raise MailboxUnreachable(f"{self.settings.host} is not connected.")
        return self.client


def _deliver(settings: SmtpSettings, message: EmailMessage, data: bytes) -> None:
    session = _Session(settings)
    try:
        session.connect()
        session.login()
        sender, recipients = _route(message)
        session.envelope(sender, recipients, len(data))
        session.hand_over(data)
    finally:
        session.close()


def _route(message: EmailMessage) -> tuple[str, list[str]]:
    named = [str(value) for name in ("To", "Cc") for value in message.get_all(name, [])]
    recipients = [address for _, address in getaddresses(named) if address]
    sender = next((address for _, address in getaddresses([str(message["From"])])), "")
    if not recipients or not sender:
        raise MailboxRefused("The mail names no sender or no recipient.")
    return sender, list(dict.fromkeys(recipients))


def _expect(answer: tuple[int, bytes], *, at_least: int = 200) -> None:
    code, text = answer
    if not at_least <= code < 400:
        # A code below 200 or -1 is a server that speaks nonsense: worth another try.
        raise _Rejected(code if code >= 400 else 451, text)


@contextmanager
def _told(settings: SmtpSettings) -> Iterator[None]:
    """Errors of the library as ours, with a sentence."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        said = _text(error.smtp_error).rstrip(".")
        kind = MailboxUnreachable if 400 <= error.smtp_code < 500 else MailboxRefused
        raise kind(
            f"{settings.host} refused {settings.user!r}: {error.smtp_code} {said}."
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailboxRefused(f"{settings.host}:{settings.port}: {error}") from error
    except smtplib.SMTPResponseException as error:
        said = _text(error.smtp_error)
        raise MailboxUnreachable(f"{settings.host} answered {error.smtp_code}: {said}.") from error
    except smtplib.SMTPServerDisconnected as error:
        raise MailboxUnreachable(f"{settings.host} broke the connection ({error}).") from error
    except smtplib.SMTPException as error:
        raise MailboxRefused(f"{settings.host}: {error}") from error
    except (OSError, EOFError) as error:
        where = network_sentence(error, host=settings.host, port=settings.port)
        raise MailboxUnreachable(where) from error


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _retry(message_id: str, code: str, text: str, *, uncertain: bool = False) -> Receipt:
    return Receipt(
        SendStatus.RETRY,
        id=message_id,
        error_code=code,
        error_text=text,
        retry_after=_RETRY_SECONDS,
        uncertain=uncertain,
    )
