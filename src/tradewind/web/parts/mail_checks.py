"""What mail servers' checks say, in the reader's language.

The checks are pure and speak English; here the sentences that people meet most are said again.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as say
from django.utils.translation import gettext_noop as _

_SAID = [
    (r"(?P<host>\S+) is (?P<found>[0-9a-f.:, ]+)\.", _("%(host)s is at %(found)s")),
    (r"There is no server named '(?P<host>[^']+)'.*", _("There is no server named %(host)s")),
    (
        r"The host (?P<host>\S+) is in a private network.*",
        _(
            "%(host)s is in a private network, which may only be reached when"
            " TRADEWIND_PRIVATE_HOSTS lists it"
        ),
    ),
    (r"(?P<place>\S+) refuses connections\.", _("%(place)s refuses connections")),
    (r"(?P<place>\S+) does not answer in time\.", _("%(place)s does not answer in time")),
    (r"(?P<place>\S+) answers \((?P<tls>\w+)\)\.", _("%(place)s answers (%(tls)s)")),
    (
        r"The certificate of (?P<place>\S+) is not valid: (?P<why>.*)\.",
        _("The certificate of %(place)s is not valid: %(why)s"),
    ),
    (
        r"(?P<place>\S+) does not speak TLS as expected.*",
        _("%(place)s does not speak TLS as expected: is it the right port and kind?"),
    ),
    (
        r"(?P<folder>\S+) holds (?P<n>\d+) mails; the server tells of new mail at once\.",
        _("%(folder)s holds %(n)s mails; new mail is told at once"),
    ),
    (
        r"(?P<folder>\S+) holds (?P<n>\d+) mails; the server has to be asked.*",
        _("%(folder)s holds %(n)s mails; new mail has to be asked for"),
    ),
    (
        r"This provider usually uses port (?P<port>\d+) with (?P<tls>\w+)\.",
        _("This provider usually uses port %(port)s with %(tls)s"),
    ),
    (
        r"Port (?P<port>\d+) does not answer, but port (?P<other>\d+) does\.",
        _("Port %(port)s does not answer, but port %(other)s does"),
    ),
    (
        r"No usual mail port of this server answers.*",
        _("No usual mail port of this server answers: is its name right, is there a firewall?"),
    ),
    (
        r"Is it the user name and password of this mailbox\?",
        _("Is it the account and password of this mailbox?"),
    ),
]
_PATTERNS = [(re.compile(pattern), words) for pattern, words in _SAID]


def sentence_of(text: str) -> str:
    """The sentence in the reader's language; as it is where we have no words for it."""
    for pattern, words in _PATTERNS:
        if found := pattern.fullmatch(text):
            return say(words) % found.groupdict()
    return text
