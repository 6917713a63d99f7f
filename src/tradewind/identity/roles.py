"""What each role may do. The one table that rights are decided by."""

from __future__ import annotations

from enum import StrEnum

from tradewind.identity.models import Role


class Right(StrEnum):
    """Something that may be allowed or not."""

    READ = "read"  # conversations, buyers, orders
    ANSWER = "answer"  # replies, notes, drafts, states
    ASSIGN = "assign"  # give a conversation to a person or team
    CORRECT = "correct"  # say that a reading is wrong
    LABEL = "label"  # label messages that models learn from
    MANAGE_LEARNING = "manage_learning"  # label tasks, disputed labels, the model in use
    SEE_ADDRESS = "see_address"  # a buyer's address and telephone number in the clear
    EDIT_MAP = "edit_map"
    REPLAY = "replay"  # apply failed deliveries again
    SET_UP = "set_up"  # channels, stores, settings
    MANAGE_PEOPLE = "manage_people"
    MANAGE_TOKENS = "manage_tokens"
    READ_AUDIT = "read_audit"
    OWN = "own"  # make or unmake owners


_READ_ONLY = {Right.READ}
_REVIEWER = _READ_ONLY | {Right.CORRECT, Right.LABEL}
_AGENT = _REVIEWER | {Right.ANSWER, Right.ASSIGN, Right.SEE_ADDRESS}
_LEAD = _AGENT | {Right.EDIT_MAP, Right.REPLAY, Right.MANAGE_LEARNING}
_ADMIN = _LEAD | {Right.SET_UP, Right.MANAGE_PEOPLE, Right.MANAGE_TOKENS, Right.READ_AUDIT}

RIGHTS: dict[str, frozenset[Right]] = {
    Role.READ_ONLY: frozenset(_READ_ONLY),
    Role.REVIEWER: frozenset(_REVIEWER),
    Role.AGENT: frozenset(_AGENT),
    Role.LEAD: frozenset(_LEAD),
    Role.ADMIN: frozenset(_ADMIN),
    Role.OWNER: frozenset(_ADMIN | {Right.OWN}),
}


class Scope(StrEnum):
    """What an API token may be good for."""

    MESSAGES_WRITE = "messages:write"
    CONVERSATIONS_READ = "conversations:read"
    REPLIES_WRITE = "replies:write"
    TRIAGE = "triage"


SCOPE_MEANINGS: dict[Scope, str] = {
    Scope.MESSAGES_WRITE: "hand in messages",
    Scope.CONVERSATIONS_READ: "read conversations and their messages",
    Scope.REPLIES_WRITE: "answer buyers",
    Scope.TRIAGE: "have texts read",
}
