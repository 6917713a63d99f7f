"""What is forgotten of deliveries and refusals once it is old, in small batches.

A delivery that was applied lives on in its messages and orders, which are known by the platform's
own numbers: what comes again is known though its delivery is gone. What waits or has failed is
never forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tradewind.channels.models import Channel, Delivery, DeliveryState, Refusal

AT_ONCE = 1000
_DONE = {DeliveryState.APPLIED, DeliveryState.IGNORED}


def forget_deliveries(*, before: datetime, at_once: int = AT_ONCE) -> int:
    """Delete what was received before and is done with; how many there were."""
    gone = 0
    for channel_id in Channel.objects.values_list("pk", flat=True):
        rows = Delivery.objects.filter(channel_id=channel_id)
        for batch in _older(rows, "received_at", "state", before=before, at_once=at_once):
            done = [id_ for id_, state in batch if state in _DONE]
            # Again by state: one of them may be asked for once more in this moment.
            gone += rows.filter(pk__in=done, state__in=_DONE).delete()[0]
    return gone


def forget_refusals(*, before: datetime, at_once: int = AT_ONCE) -> int:
    """Delete the refusals of before; how many there were."""
    gone = 0
    for channel_id in Channel.objects.values_list("pk", flat=True):
        rows = Refusal.objects.filter(channel_id=channel_id)
        for batch in _older(rows, "at", "pk", before=before, at_once=at_once):
            gone += rows.filter(pk__in=[id_ for id_, _ in batch]).delete()[0]
    return gone


def _older(
    rows: QuerySet[Any], when: str, also: str, *, before: datetime, at_once: int
) -> Iterator[list[tuple[int, object]]]:
    """Batches of id and one more column, in the order of ids up to the first that is young.

    Ids rise with time, so that no index of times is needed and the young are never read.
    """
    last = 0
    while True:
        found = list(
            rows.filter(pk__gt=last).order_by("pk").values_list("pk", when, also)[:at_once]
        )
        old = [(id_, more) for id_, at, more in found if at < before]
        if old:
            yield old
        if len(old) < at_once:
            return
        last = found[-1][0]
