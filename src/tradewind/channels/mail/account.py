"""A channel's settings as mailbox and sending settings, and the channel as a sender of replies."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

from tradewind.channels.contract import Account, Outbound, Receipt, SendStatus
from tradewind.channels.mail.compose import compose
from tradewind.channels.mail.errors import ComposeRefused
from tradewind.channels.mail.mailbox import MailboxSettings
from tradewind.channels.mail.smtp import SmtpSettings, send
from tradewind.channels.mail.threads import make_message_id
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts

PLATFORM = "email"


def mailbox_settings(account: Account, *, private: PrivateHosts = NO_PRIVATE) -> MailboxSettings:
    """How to read the account's mailbox; ``private`` lists servers of the house.

    Settings read: ``imap_host``, ``imap_port`` (993), ``imap_tls`` (ssl), ``user`` (else
    ``address``), ``folder`` (INBOX), ``ca_pem``; secrets ``password``, ``oauth_token``.
    """
    config, secrets = account.config, account.secrets
    return MailboxSettings(
        host=_text(config, "imap_host"),
        port=int(config.get("imap_port") or 993),
        tls=_text(config, "imap_tls") or "ssl",
        user=_text(config, "user") or _text(config, "address"),
        password=secrets.get("password", ""),
        token=secrets.get("oauth_token", ""),
        folder=_text(config, "folder") or "INBOX",
        ca_pem=_text(config, "ca_pem"),
        private=private,
    )


def smtp_settings(account: Account, *, private: PrivateHosts = NO_PRIVATE) -> SmtpSettings:
    """How to send for the account; ``private`` lists servers of the house.

    Settings read: ``smtp_host``, ``smtp_port`` (465), ``smtp_tls`` (ssl), ``smtp_user`` (else
    ``user``, else ``address``; "-" for no sign-in), ``ca_pem``; secrets ``smtp_password`` (else
    ``password``), ``oauth_token``.
    """
    config, secrets = account.config, account.secrets
    user = _text(config, "smtp_user") or _text(config, "user") or _text(config, "address")
    return SmtpSettings(
        host=_text(config, "smtp_host"),
        port=int(config.get("smtp_port") or 465),
        tls=_text(config, "smtp_tls") or "ssl",
        user="" if user == "-" else user,
        password=secrets.get("smtp_password") or secrets.get("password", ""),
        token=secrets.get("oauth_token", ""),
        ca_pem=_text(config, "ca_pem"),
        private=private,
    )


def message_id_of(account: Account, outbound: Outbound) -> str:
    """The Message-ID (with brackets) of a reply.

    The same reply tried again has the same one, so that a second copy is known as such.
    """
    digest = hashlib.sha256(outbound.idempotency_key.encode()).digest()
    domain = _text(account.config, "address").rpartition("@")[2] or "tradewind.invalid"
    return make_message_id(
        outbound.conversation_id,
        random=base64.b32encode(digest[:10]).decode().lower(),
        key=account.secrets.get("thread_key", "").encode(),
        domain=domain,
    )


@dataclass(frozen=True, slots=True)
class MailSender:
    """The reply side of the contract; settings ``address`` and ``from_name`` are the sender's."""

    private: PrivateHosts = NO_PRIVATE
    platform: str = PLATFORM
    max_chars: int | None = None

    def send(self, account: Account, outbound: Outbound) -> Receipt:
        """Send once; a reply that cannot be a mail is refused with the field named.

        ``outbound.context["automatic"]`` marks mail that no person wrote.
        """
        config = account.config
        if not account.secrets.get("thread_key"):
            return _refused("no_thread_key", "The account has no secret thread_key.")
        sender = formataddr((_text(config, "from_name"), _text(config, "address")), charset="utf-8")
        try:
            message = compose(
                outbound,
                sender=sender,
                message_id=message_id_of(account, outbound),
                automatic=bool(outbound.context.get("automatic")),
            )
        except (ComposeRefused, ValueError) as refusal:
            return _refused("not_a_mail", str(refusal))
        return send(smtp_settings(account, private=self.private), message)


def _refused(code: str, text: str) -> Receipt:
    return Receipt(SendStatus.REFUSED, error_code=code, error_text=text)


def _text(config: Mapping[str, Any], name: str) -> str:
    return str(config.get(name) or "").strip()
