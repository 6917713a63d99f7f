"""Load the sample seller: in one transaction, so that it is there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.transaction import atomic

from tradewind.identity.models import Membership, Role, Workspace
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import LiveEvent
from tradewind.project.sample import desk, house, talk, touches, trade
from tradewind.project.sample.house import House
from tradewind.project.sample.plan import Case, plan
from tradewind.project.sample.talk import Said
from tradewind.routing import services as routing

Progress = Callable[[int, int], None]

# Conversations handed in at once: their deliveries fit a batch of the journey.
_AT_ONCE = 250
_LOCK = 7463

# Rows that the journey dates by its own clock, dated as if it had run then.
_BACKDATE = (
    "UPDATE inbox_message SET created_at = sent_at WHERE workspace_id = %s",
    "UPDATE triage_reading r SET created_at = m.sent_at FROM inbox_message m"
    " WHERE m.id = r.message_id AND r.workspace_id = %s",
    "UPDATE channels_channel c SET last_delivery_at = (SELECT max(d.received_at)"
    " FROM channels_delivery d WHERE d.channel_id = c.id) WHERE c.workspace_id = %s",
    # What language a buyer speaks is what their newest message was read as.
    "UPDATE commerce_buyer b SET language = c.language FROM (SELECT DISTINCT ON (buyer_id)"
    " buyer_id, language FROM inbox_conversation WHERE language <> ''"
    " ORDER BY buyer_id, last_message_at DESC) c WHERE c.buyer_id = b.id AND b.workspace_id = %s",
)


@dataclass(frozen=True, slots=True)
class SampleSeller:
    """The sample's workspace and the account to sign in with; a password only when just made."""

    workspace_id: int
    owner_email: str
    password: str | None
    conversations: int
    is_new: bool


def find_sample() -> SampleSeller | None:
    """The sample that was loaded before, or None."""
    workspace = Workspace.objects.filter(is_sample=True).order_by("id").first()
    if workspace is None:
        return None
    with in_workspace(workspace.pk):
        owner = Membership.objects.select_related("person").filter(role=Role.OWNER).first()
        count = talk.count_conversations()
    email = owner.person.email if owner else ""
    return SampleSeller(workspace.pk, email, None, count, is_new=False)


def load_sample(*, now: datetime, progress: Progress, every: int = 1) -> SampleSeller:
    """Make the sample seller, or give the one that is there.

    ``progress`` is told (conversations done, of how many); ``every`` 10 loads every tenth. A
    process that dies meanwhile leaves nothing behind.
    """
    with atomic():
        _wait_for_others()
        if there := find_sample():
            return there
        cases = plan(now, every=every)
        founded = house.found(now)
        with in_workspace(founded.workspace.pk):
            _fill(founded, cases, now=now, progress=progress)
        Workspace.objects.filter(pk=founded.workspace.pk).update(is_sample=True)
    return SampleSeller(
        founded.workspace.pk, founded.owner_email, founded.password, len(cases), is_new=True
    )


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])


def _fill(house: House, cases: Sequence[Case], *, now: datetime, progress: Progress) -> None:
    trade.write(house, cases)
    said: list[Said] = []
    failed = 0
    for start in range(0, len(cases), _AT_ONCE):
        part = talk.hand_in(house, cases[start : start + _AT_ONCE])
        refused = desk.pick_failed(part, failed)
        desk.work(house, part, now=now, failed=refused)
        failed += len(refused)
        said += part
        progress(len(said), len(cases))
    touches.add(house, said, now=now)
    # Now that our side stands beside the buyers', the clocks are run again.
    routing.weigh([one.conversation_id for one in said], {})
    with connection.cursor() as cursor:
        for statement in _BACKDATE:
            cursor.execute(statement, [house.workspace.pk])
    LiveEvent.objects.all().delete()
