"""What can go wrong with a mailbox or an archive, each as a sentence a person can act on."""

from __future__ import annotations


class MailboxUnreachable(Exception):
    """The server could not be talked to (name, network, TLS, dropped); worth another try."""


class MailboxRefused(Exception):
    """The server answered and said no (login, folder); a person has to change something."""


class ComposeRefused(Exception):
    """A reply cannot be made into a correct mail; the sentence names the field."""


class ArchiveUnreadable(Exception):
    """A path is no archive that can be read; the sentence says what was found."""
