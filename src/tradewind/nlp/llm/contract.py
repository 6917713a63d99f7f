"""What the reader needs of others: a way to a model, and what is remembered between calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


class ChatFailed(Exception):
    """The model gave no answer that can be looked at; the text says why, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call: the rules, the messages as JSON, and the JSON schema of the answer."""

    rules: str
    messages: str
    schema: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said, and what it cost in tokens (0 where the model does not tell)."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model says of one message, checked: labels of the contract, words of the message.

    ``evidence``: [label, start, end] in the text as it was sent.
    """

    intent: str
    confidence: float
    also: Sequence[str] = ()
    complaint: str = "none"
    emotion: str = "calm"
    threats: Sequence[str] = ()
    urgency: str = "normal"
    evidence: Sequence[tuple[str, int, int]] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The opinion as JSON; ``Opinion(**…)`` of it is the same again."""
        return asdict(self)


class Chat(Protocol):
    """A way to one model. ``model`` is its name."""

    model: str

    def ask(self, question: Question) -> Answer:
        """Give the model's answer within a bounded time; raises ChatFailed."""
        ...


class Cache(Protocol):
    """Opinions of texts that were asked about before."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Opinion]:
        """The opinions that are known, by key."""
        ...

    def keep(self, opinions: Mapping[str, Opinion]) -> None:
        """Remember opinions by key."""
        ...


class Budget(Protocol):
    """What may be spent in a day."""

    def take(self, tokens: int) -> bool:
        """Take one call of about so many tokens; False, and nothing taken, when it is too much."""
        ...

    def settle(self, *, taken: int, used: int) -> None:
        """Say what the call taken has cost in the end."""
        ...


class Breaker(Protocol):
    """Cuts the model off for a while after failures in a row."""

    def is_off(self) -> bool:
        """Whether the model is not to be asked now."""
        ...

    def note(self, *, worked: bool) -> None:
        """Say how a call went."""
        ...
