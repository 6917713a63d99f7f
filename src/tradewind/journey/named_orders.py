"""Which order a conversation is about: named by the platform or in the text, at once or later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tradewind.channels.contract import Event, EventKind
from tradewind.channels.deliveries import Claimed
from tradewind.commerce import naming_orders
from tradewind.commerce.naming_orders import Naming
from tradewind.inbox import awaiting, live
from tradewind.inbox.arrived import Arrived, Recorded
from tradewind.journey.places import Place
from tradewind.nlp.contract import Reading
from tradewind.routing import services as routing

_TELLS_OF_ORDERS = {EventKind.ORDER, EventKind.SHIPMENT, EventKind.RETURN}


def find(arrived: Iterable[Arrived], place_of: Mapping[int, Place]) -> None:
    """Give each message that has a number the order that it means, if that is known."""
    naming = [a for a in arrived if a.order_number]
    found = naming_orders.find_meant(
        [
            Naming(a.order_number, place_of[a.channel_id].sells_on, a.store_id, a.buyer_id)
            for a in naming
        ]
    )
    for a, order_id in zip(naming, found, strict=True):
        a.order_id = order_id


def find_in_texts(
    recorded: Recorded, readings: Mapping[int, Reading], place_of: Mapping[int, Place]
) -> None:
    """The same for numbers that only the text has; conversations that stand are told of it."""
    naming = []
    for a in recorded.fresh:
        reading = readings.get(a.message_id or 0)
        if not a.order_number and reading and reading.entities.order_ids:
            a.order_number = reading.entities.order_ids[0][:120]
            naming.append(a)
    find(naming, place_of)
    known = set(recorded.known)
    awaiting.tie(
        {
            a.conversation_id: a.order_id
            for a in naming
            if a.order_id and a.conversation_id and a.conversation_id in known
        }
    )


def await_unknown(fresh: Iterable[Arrived]) -> None:
    """Remember the numbers of orders that are not known yet, for the day when they are."""
    awaiting.remember(
        (a.conversation_id, naming_orders.bare(a.order_number))
        for a in fresh
        if a.conversation_id and a.order_number and not a.order_id
    )


def tie_awaiting(events: Iterable[tuple[Claimed, Event]]) -> None:
    """Tie conversations to the orders that these events made known, and tell the screens."""
    numbers = {
        naming_orders.bare(str(number))
        for _, event in events
        if event.kind in _TELLS_OF_ORDERS
        for number in _numbers_of(event)
        if number
    }
    if numbers:
        tie(numbers)


def _numbers_of(event: Event) -> list[object]:
    fields = event.fields
    if event.kind is EventKind.ORDER:
        return [fields.get("number"), fields.get("id")]
    return [*(fields.get("order_ids") or []), fields.get("order_ref")]


def tie(numbers: Collection[str] | None = None) -> None:
    """Tie conversations that wait for orders of these numbers, or of any, to those now known."""
    waiting = awaiting.waiting_for(numbers)
    found = naming_orders.find_meant(
        [Naming(one.number, one.platform, one.store_id, one.buyer_id) for one in waiting]
    )
    order_of = {
        one.conversation_id: order_id
        for one, order_id in zip(waiting, found, strict=True)
        if order_id
    }
    if order_of:
        awaiting.tie(order_of)
        # What the order is worth counts.
        routing.weigh(sorted(order_of), {})
        live.tell("changed", sorted(order_of))
