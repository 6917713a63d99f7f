"""What can go wrong with a connector file or with the platform behind it."""

from __future__ import annotations

from collections.abc import Sequence


class ConnectorInvalid(ValueError):
    """A connector file does not follow the grammar; ``issues`` names each key with its fault."""

    def __init__(self, source: str, issues: Sequence[str]) -> None:
        self.source = source
        self.issues = tuple(issues)
        super().__init__("\n".join(f"{source}: {issue}" for issue in self.issues))


class HookMissing(LookupError):
    """A connector file names a hook that nobody registered."""


class ExpressionFailed(ValueError):
    """An expression does not compile or could not be evaluated on the data it was given."""


class OutgoingRefused(Exception):
    """A request was not made: the address or the rendered request is not allowed."""


class AuthFailed(Exception):
    """No valid access token could be had from the platform."""

    def __init__(self, sentence: str, *, temporary: bool = False) -> None:
        self.temporary = temporary
        super().__init__(sentence)


class PollFailed(Exception):
    """The platform did not give a page; ``retry_after`` in seconds when it said when to ask."""

    def __init__(self, sentence: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(sentence)
