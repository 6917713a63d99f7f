"""How the servers of a channel are reached from this installation."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from tradewind.channels.mail import account as mail
from tradewind.channels.mail.mailbox import MailboxSettings
from tradewind.channels.mail.smtp import SmtpSettings
from tradewind.channels.models import Channel
from tradewind.channels.sealing import account_of
from tradewind.core.hosts import PrivateHosts


@cache
def private_hosts() -> PrivateHosts:
    """The hosts in private networks that an administrator lets channels reach."""
    return PrivateHosts.of(settings.ENV.private_hosts)


def mailbox_of(channel: Channel) -> MailboxSettings:
    """How to read the channel's mailbox."""
    return mail.mailbox_settings(account_of(channel), private=private_hosts())


def outgoing_of(channel: Channel) -> SmtpSettings:
    """How to send mail for the channel."""
    return mail.smtp_settings(account_of(channel), private=private_hosts())
