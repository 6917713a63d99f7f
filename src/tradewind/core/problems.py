"""Refusals that know their HTTP status and say what is wrong (RFC 9457 problem details)."""

from __future__ import annotations

from typing import Any

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal to tell the caller: status, title, what is wrong in this case, more members.

    ``type`` is a URI that names the kind of problem; ``extra`` adds members of its own.
    """

    def __init__(
        self, *, status: int, title: str, detail: str = "", type: str = "about:blank", **extra: Any
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.type = type
        self.extra = extra

    def as_dict(self, *, instance: str = "") -> dict[str, Any]:
        """Give the problem as the members of its JSON document."""
        members = {"type": self.type, "title": self.title, "status": self.status}
        told = {"detail": self.detail, "instance": instance}
        return {**self.extra, **members, **{name: text for name, text in told.items() if text}}
