"""The clients of the mail libraries, made to reach only the servers they may."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from typing import Any

import imap_tools
from imap_tools.errors import MailboxStarttlsError
from imap_tools.utils import check_command_status

from tradewind.channels.mail.checks import connect
from tradewind.core.hosts import PrivateHosts


class SmtpClient(smtplib.SMTP):
    """A sending client without TLS of its own, or before STARTTLS."""

    def __init__(self, private: PrivateHosts, *args: Any, **kwargs: Any) -> None:
        self._private = private
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout=timeout, private=self._private)


class SmtpTlsClient(SmtpClient, smtplib.SMTP_SSL):
    """A sending client by TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


class ImapBox(imap_tools.BaseMailBox):
    """A mailbox of imap_tools; with a ``context`` by TLS, at once or after STARTTLS."""

    def __init__(
        self,
        place: tuple[str, int],
        *,
        timeout: float,
        private: PrivateHosts,
        tls: str,
        context: ssl.SSLContext | None,
    ) -> None:
        self._place, self._timeout, self._private = place, timeout, private
        self._tls, self._context = tls, context
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        context = self._context if self._tls == "ssl" else None
        client = _Imap(self._private, context, *self._place, timeout=self._timeout)
        if self._tls == "starttls":
            check_command_status(client.starttls(self._context), MailboxStarttlsError)
        return client


class _Imap(imaplib.IMAP4):
    def __init__(
        self, private: PrivateHosts, context: ssl.SSLContext | None, *args: Any, **kwargs: Any
    ) -> None:
        self._private, self._context = private, context
        super().__init__(*args, **kwargs)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = connect(self.host, self.port, timeout=timeout, private=self._private)
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_hostname=self.host)
