"""Replies keep below the rates that a connector file declares, channel by channel."""

from __future__ import annotations

import threading

from tradewind.channels.connector.model import Connector, RateRule
from tradewind.channels.connector.throttling import Buckets
from tradewind.channels.contract import Account
from tradewind.channels.parsing import platforms

# Words for "one person we talk to" in files; a group chat is none of these.
_PERSON = ("chat", "conversation", "buyer", "user", "recipient", "thread")
_NOT_OURS = ("group",)

_buckets = Buckets()
_lock = threading.Lock()


def wait_before(account: Account, conversation_id: str) -> float:
    """Seconds until a reply may leave, 0.0 when it may now and was counted.

    The count is kept by each process: with several workers a platform may be asked that many times
    as often, and then says itself when to come again.
    """
    connector = platforms().get(account.platform)
    if connector is None:
        return 0.0
    with _lock:
        for rule, scope in _scoped(connector, account, conversation_id):
            if wait := _buckets.wait(rule, scope):
                return wait
    return 0.0


def _scoped(
    connector: Connector, account: Account, conversation_id: str
) -> list[tuple[RateRule, str]]:
    """The rules and whose count each goes to, the narrowest first."""
    person = f"{account.id}:{conversation_id}"
    found = []
    for rule in connector.limits.requests:
        words = rule.scope.lower()
        if any(word in words for word in _NOT_OURS):
            continue
        is_person = any(word in words for word in _PERSON)
        found.append((rule, person if is_person else account.id))
    return sorted(found, key=lambda pair: pair[1] != person)
