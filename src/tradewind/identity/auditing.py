"""The audit log as it is read: filtered, paged, exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tradewind.identity.actor import Actor
from tradewind.identity.models import AuditEntry, Token
from tradewind.identity.roles import Right


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; empty fields let everything through. ``before`` is an entry's id."""

    person_id: int | None = None
    act: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def entries(actor: Actor, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
    """Up to ``limit`` entries, newest first, with who did them."""
    return list(_entries(actor, wanted)[:limit])


def each_entry(actor: Actor, wanted: AuditFilter, *, limit: int) -> Iterator[AuditEntry]:
    """The same one after another, for long exports."""
    return iter(_entries(actor, wanted)[:limit].iterator(chunk_size=1000))


def acts(actor: Actor) -> list[str]:
    """Every kind of act there is in this workspace."""
    actor.require(Right.READ_AUDIT)
    found = AuditEntry.objects.order_by("act").values_list("act", flat=True).distinct()
    return list(found)


def entries_about(subject_kind: str, subject_id: int, *, act: str, limit: int) -> list[AuditEntry]:
    """The newest entries of one act about one row."""
    found = AuditEntry.objects.filter(
        subject_kind=subject_kind, subject_id=str(subject_id), act=act
    )
    return list(found.select_related("person").order_by("-id")[:limit])


def tokens_of(actor: Actor) -> list[Token]:
    """The workspace's API tokens, newest first, revoked ones last."""
    actor.require(Right.MANAGE_TOKENS)
    found = list(Token.objects.select_related("created_by").order_by("-id"))
    return sorted(found, key=lambda token: token.revoked_at is not None)


def _entries(actor: Actor, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    actor.require(Right.READ_AUDIT)
    found = AuditEntry.objects.select_related("person", "token").order_by("-id")
    kind, _, number = wanted.subject.partition(" ")
    conditions = {
        "person_id": wanted.person_id,
        "act": wanted.act,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
        "id__lt": wanted.before,
        "subject_id": number.lstrip("#"),
    }
    found = found.filter(**{name: value for name, value in conditions.items() if value})
    return found.filter(Q(subject_kind=kind) | Q(subject_id=kind)) if kind else found
