"""What people see: conversations by view and filter, in a stable order, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tradewind.commerce.models import Return
from tradewind.identity.actor import Actor
from tradewind.identity.errors import Invalid, NotFound
from tradewind.identity.roles import Right
from tradewind.inbox.models import Attachment, Conversation, Note, State

PAGE = 40
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; an empty value does not narrow."""

    view: str = "mine"
    state: str = ""
    channel: str = ""
    store: str = ""
    country: str = ""
    language: str = ""
    intent: str = ""
    clock: str = ""  # over, soon
    sku: str = ""
    query: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


CLAIM_THREATS = ["platform_claim", "chargeback", "legal"]
DISPUTES = ["claim", "dispute", "not_received"]
# Written as the index of this view is.
_AT_RISK = Q(urgency="critical") | ~Q(threats=[])
VIEWS = ("mine", "unassigned", "due", "claims", "mentions", "risk", "failed", "all", "resolved")


def visible_to(actor: Actor) -> QuerySet[Conversation]:
    """Every conversation the actor may see: those of their workspace."""
    actor.require(Right.READ)
    return Conversation.objects.filter(workspace_id=actor.workspace_id)


def get_conversation(actor: Actor, conversation_id: int) -> Conversation:
    """One conversation with what its screen needs; raises NotFound."""
    try:
        return (
            visible_to(actor)
            .select_related("store", "buyer", "order", "assignee")
            .get(pk=conversation_id)
        )
    except Conversation.DoesNotExist:
        raise NotFound("conversation") from None


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """A stored file of a message that the actor may see; raises NotFound."""
    found = Attachment.objects.filter(
        pk=attachment_id, message__conversation__in=visible_to(actor)
    ).exclude(storage_key="")
    if (attachment := found.first()) is None:
        raise NotFound("file")
    return attachment


def rows_of(conversation_ids: Sequence[int]) -> list[Conversation]:
    """Conversations of the workspace entered, with what a row of the list shows."""
    return list(Conversation.objects.filter(pk__in=conversation_ids).select_related("store"))


def in_view(actor: Actor, filters: Filters) -> QuerySet[Conversation]:
    """The conversations of a view, narrowed; not ordered yet."""
    found = visible_to(actor)
    if filters.state:
        found = found.filter(state=filters.state)
    elif filters.view not in ("resolved", "failed") and not filters.query:
        found = found.exclude(state=State.RESOLVED)
    return narrowed(_VIEWS.get(filters.view, _all)(found, actor), filters)


def _all(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found


def _mine(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(assignee_id=actor.person_id)


def _unassigned(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(assignee=None)


def _due(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(_due_before(timezone.now() + timedelta(hours=4)))


def _claims(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    # Each has its index; one condition with OR would read every open conversation.
    threatened = found.filter(_AT_RISK, threats__overlap=CLAIM_THREATS)
    disputed = found.filter(order_id__in=_disputed_orders())
    return found.filter(pk__in=threatened.values("pk").union(disputed.values("pk")))


def _disputed_orders() -> QuerySet[Return, int]:
    return Return.objects.filter(kind__in=DISPUTES).values_list("order_id", flat=True)


def _mentions(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    noted = Note.objects.filter(mentions__contains=[actor.person_id or 0])
    return found.filter(pk__in=noted.values("conversation_id"))


def _risk(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(_AT_RISK)


def _failed(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(has_failed_send=True)


def _resolved(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Conversation]:
    return found.filter(state=State.RESOLVED)


_VIEWS = {
    "mine": _mine,
    "unassigned": _unassigned,
    "due": _due,
    "claims": _claims,
    "mentions": _mentions,
    "risk": _risk,
    "failed": _failed,
    "all": _all,
    "resolved": _resolved,
}


def _due_before(at: datetime) -> Q:
    return Q(platform_due_at__lt=at) | Q(company_due_at__lt=at)


def narrowed(found: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    """The conversations that pass the filters, whatever the view."""
    for name, narrow in _NARROWERS.items():
        if value := getattr(filters, name):
            found = narrow(found, value)
    return found


def _by_store(found: QuerySet[Conversation], value: str) -> QuerySet[Conversation]:
    if not value.isdecimal():
        raise Invalid(f"store: got “{value}”, wanted a number")
    return found.filter(store_id=int(value))


def _by_clock(found: QuerySet[Conversation], value: str) -> QuerySet[Conversation]:
    hours = {"over": 0, "soon": 4}.get(value)
    if hours is None:
        raise Invalid(f"clock: got “{value}”, wanted over or soon")
    return found.filter(_due_before(timezone.now() + timedelta(hours=hours)))


# A branch of the map or a language holds all that begins with it.
_NARROWERS: dict[str, Callable[[QuerySet[Conversation], str], QuerySet[Conversation]]] = {
    "channel": lambda found, value: found.filter(platform=value),
    "store": _by_store,
    "country": lambda found, value: found.filter(country=value),
    "language": lambda found, value: found.filter(
        Q(language=value) | Q(language__startswith=f"{value}-")
    ),
    "intent": lambda found, value: found.filter(
        Q(intent=value) | Q(intent__startswith=f"{value}.")
    ),
    "sku": lambda found, value: found.filter(order__items__sku=value).distinct(),
    "clock": _by_clock,
}


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; ``next`` is the cursor of the part after it."""

    rows: Sequence[Conversation]
    next: str | None


def urgent_first(found: QuerySet[Conversation], *, cursor: str = "", size: int = PAGE) -> Page:
    """Most urgent first: the clock that runs out first, severity moving it earlier."""
    ordered = found.order_by("rank_at", "id").select_related("store")
    if cursor:
        at, id_ = _cursor(cursor)
        # The first condition is where the index begins to read.
        ordered = ordered.filter(Q(rank_at__gt=at) | Q(id__gt=id_), rank_at__gte=at)
    rows = list(ordered[: size + 1])
    return _page(rows, size, key=lambda c: c.rank_at)


def newest_first(found: QuerySet[Conversation], *, cursor: str = "", size: int = PAGE) -> Page:
    """Newest message first."""
    newest = F("last_message_at").desc(), F("id").desc()
    ordered = found.order_by(*newest).select_related("store")
    if cursor:
        at, id_ = _cursor(cursor)
        ordered = ordered.filter(Q(last_message_at__lt=at) | Q(id__lt=id_), last_message_at__lte=at)
    rows = list(ordered[: size + 1])
    return _page(rows, size, key=lambda c: c.last_message_at)


def _page(rows: list[Conversation], size: int, *, key: Callable[[Conversation], datetime]) -> Page:
    more = len(rows) > size
    rows = rows[:size]
    mark = f"{key(rows[-1]).isoformat()}_{rows[-1].pk}" if more else None
    return Page(rows, mark)


def _cursor(cursor: str) -> tuple[datetime, int]:
    try:
        at, _, id_ = cursor.rpartition("_")
        return datetime.fromisoformat(at), int(id_)
    except ValueError:
        raise Invalid(f"cursor: got “{cursor[:60]}”, wanted one that a page gave as next") from None


def count(found: QuerySet[Conversation]) -> int:
    """How many, counted up to COUNT_CAP: a number nobody reads must not cost a second."""
    return found.order_by()[:COUNT_CAP].count()
