"""A message arrives: claim → parse → record → read → weigh → route → edit → settle → tell.

Every step takes a batch; one message is a batch of one. A batch is one transaction: a process that
dies in it leaves every delivery waiting, as if it had never been claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from tradewind.channels import deliveries, parsing
from tradewind.channels.contract import Event, EventKind, MappingFailed
from tradewind.channels.deliveries import Claimed
from tradewind.commerce import orders
from tradewind.core.troubles import is_passing
from tradewind.identity.scope import in_workspace
from tradewind.inbox import live, record
from tradewind.journey import (
    edits,
    files,
    media,
    messages,
    named_orders,
    places,
    privacy,
    reading,
    receipts,
)
from tradewind.journey.places import Place
from tradewind.routing import services as routing

BATCH = 400
log = structlog.get_logger(__name__)


def apply_waiting(*, limit: int = BATCH) -> int:
    """Apply a batch of each workspace that has deliveries waiting; how many were settled.

    What stops one workspace is raised only when the others had nothing to do either.
    """
    done = 0
    fault: Exception | None = None
    for workspace_id in deliveries.waiting_workspaces():
        try:
            with in_workspace(workspace_id):
                done += _apply_batch(limit)
        except Exception as error:
            log.warning("arrival.workspace_waits", workspace=workspace_id, exc_info=True)
            fault = fault or error
    if fault and not done:
        raise fault
    return done


def _apply_batch(limit: int) -> int:
    try:
        with atomic():
            return len(apply(deliveries.claim(limit)))
    except Exception as error:
        if _passes(error):
            # Nobody's fault: they wait, as if they had never been claimed.
            raise
        # One of them breaks the batch: taken one by one, the others go through and it is named.
        log.warning("arrival.batch_broke", exc_info=True)
        return _apply_singly(limit)


def _apply_singly(limit: int) -> int:
    done = 0
    while done < limit:
        with atomic():
            claimed = deliveries.claim(1)
            if not claimed:
                return done
            try:
                with atomic():
                    apply(claimed)
                    # What the database would refuse only at the end, it refuses here.
                    connection.check_constraints()
            except Exception as error:
                if _passes(error):
                    raise
                log.exception("arrival.delivery_broke", delivery=claimed[0].id)
                # Its warnings may be what could not be kept.
                claimed[0].error, claimed[0].warnings = _reason(error), []
                deliveries.settle(claimed)
        done += 1
    return done


def _passes(error: Exception) -> bool:
    """Whether it is no delivery's fault: the database, or the place where files are kept."""
    return is_passing(error) or isinstance(error, OSError)


def _reason(error: Exception) -> str:
    """Why a delivery could not be applied, in a form that can be kept."""
    told = str(error).encode("utf-8", "backslashreplace").decode().replace("\x00", "")
    first = next(iter(told.splitlines()), "")[:300]
    if isinstance(error, DatabaseError):
        return f"the database refused it: {first}"
    name = type(error).__name__
    return f"could not be applied ({name}: {first}); replay it after an update"


def apply(claimed: Sequence[Claimed]) -> Sequence[Claimed]:
    """Apply deliveries of the workspace entered; each is settled, failed ones with their reason."""
    if not claimed:
        return claimed
    place_of = places.of_channels({c.channel_id for c in claimed})
    events = [(c, event) for c in claimed for event in _parse(c, place_of[c.channel_id])]
    _record_commerce(events, place_of)
    arrived = messages.arrived_of(events, place_of)
    named_orders.find(arrived, place_of)
    recorded = record.record(arrived)
    media.fetch_soon(files.keep(recorded.fresh))
    readings = reading.read(recorded.fresh)
    named_orders.find_in_texts(recorded, readings, place_of)
    routing.open_weighed(
        recorded.opened, readings, platform_minutes=places.response_minutes(place_of.values())
    )
    routing.weigh_and_assign(recorded.known, readings)
    edits.apply(arrived, recorded.fresh)
    edits.recognise_echoes(recorded.fresh)
    edits.note_conversations(events)
    named_orders.await_unknown(recorded.fresh)
    named_orders.tie_awaiting(events)
    deliveries.settle(claimed)
    deliveries.touch(place_of)
    if touched := [*recorded.opened, *recorded.known]:
        live.tell("arrived", touched)
    return claimed


def _parse(claimed: Claimed, place: Place) -> list[Event]:
    """The events of a delivery; a body that is not understood is kept with the reason."""
    if claimed.error:
        return []
    try:
        events = parsing.events_of(claimed, place.account)
    except MappingFailed as error:
        claimed.error = str(error)
        return []
    except Exception as error:  # a stranger's bytes must never stop the queue
        log.exception("arrival.parse_broke", delivery=claimed.id)
        claimed.error = f"could not be read ({type(error).__name__}); replay it after an update"
        return []
    claimed.warnings = [warning for event in events for warning in event.warnings]
    claimed.is_ignored = not events
    return events


Applier = Callable[[Event, Place], object]

# What is not a message, and who takes it. Orders first: parcels and returns hang on them.
_APPLIERS: dict[EventKind, Applier] = {
    EventKind.ORDER: lambda event, place: orders.upsert_order(
        event.fields,
        platform=place.platform,
        store_id=place.store_id,
        buyer_id=messages.buyer_of_order(event.fields, place),
    ),
    EventKind.SHIPMENT: lambda event, place: orders.upsert_shipment(
        event.fields, platform=place.platform, store_id=place.store_id
    ),
    EventKind.RETURN: lambda event, place: orders.upsert_return(
        event.fields, platform=place.platform, store_id=place.store_id
    ),
    EventKind.RECEIPT: lambda event, place: receipts.apply(event.fields, place),
    EventKind.PRIVACY: lambda event, place: privacy.note_request(event.fields, place),
}


def _record_commerce(events: Sequence[tuple[Claimed, Event]], place_of: dict[int, Place]) -> None:
    for kind, applier in _APPLIERS.items():
        for claimed, event in events:
            if event.kind is kind:
                applier(event, place_of[claimed.channel_id])
