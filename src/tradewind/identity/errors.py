"""Refusals of this module, each with its status."""

from __future__ import annotations

from typing import Any

from tradewind.core.problems import Problem


class NotAllowed(Problem):
    """The one who asks may not do this."""

    def __init__(self, right: str) -> None:
        super().__init__(
            status=403, title="Not allowed", detail=f"this needs the right “{right}”", right=right
        )


class NotFound(Problem):
    """There is no such thing, or it is not yours to see."""

    def __init__(self, what: str) -> None:
        super().__init__(status=404, title="Not found", detail=f"there is no such {what}")


class Invalid(Problem):
    """Something given is not of the form it must have."""

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(status=422, title="Not valid", detail=detail, **extra)


class Conflict(Problem):
    """Somebody or something else was quicker."""

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(status=409, title="Conflict", detail=detail, **extra)
