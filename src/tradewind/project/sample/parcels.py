"""Parcels whose stage and events fit what the buyer writes about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tradewind.project.sample.data import Lane, lane_to, lanes
from tradewind.project.sample.numbers import Numbers

_ORIGIN = "Shenzhen, CN"
# The last steps of a parcel by where it is now.
_TAIL = {
    "out_for_delivery": ("out_for_delivery",),
    "failed_attempt": ("out_for_delivery", "failed_attempt"),
    "pickup_ready": ("out_for_delivery", "failed_attempt", "pickup_ready"),
    "delivered": ("out_for_delivery", "delivered"),
    "customs": ("customs",),
    "lost": ("stuck", "lost"),
}
_ON_THE_WAY = {"in_transit", "label_created", "out_for_delivery", "customs"}
_STAGE_OF = {"direct": "in_transit", "stuck": "exception"}


@dataclass(slots=True)
class Parcel:
    """A parcel with its events, newest first."""

    carrier: str
    number: str
    stage: str
    shipped_at: datetime | None
    eta: datetime
    updated_at: datetime
    delivered_at: datetime | None = None
    events: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Way:
    """What is known of a parcel from the conversation about it.

    ``profile`` says what lies behind such a conversation, ``said`` is all that was written in it,
    ``is_over`` whether the matter is settled.
    """

    stage: str
    placed_at: datetime
    asked_at: datetime
    profile: Mapping[str, Any]
    country: str
    city: str
    said: str
    is_over: bool


def parcel_of(way: Way, *, rng: Random, numbers: Numbers, now: datetime) -> Parcel:
    """The parcel as it stood when the buyer wrote; of a settled matter, as it came in the end."""
    lane, stage, placed_at = lane_to(way.country), way.stage, way.placed_at
    carrier = _carrier(lane, way.said, rng)
    last_at = _last_at(way, rng)
    is_direct = bool(way.profile.get("direct")) or not lane.hub
    steps = _steps(stage, is_direct=is_direct, rng=rng)
    parcel = Parcel(
        carrier=carrier,
        number=numbers.shaped(lanes()["carriers"][carrier], rng),
        stage=stage,
        shipped_at=placed_at + (last_at - placed_at) * 0.2 if stage != "label_created" else None,
        eta=_eta(way, last_at, rng),
        updated_at=last_at,
        delivered_at=last_at if stage == "delivered" else None,
    )
    hub = _ORIGIN if is_direct else lanes()["hubs"][lane.hub]
    for n, (kind, text) in enumerate(steps, start=1):
        at = placed_at + (last_at - placed_at) * (n / len(steps))
        place = hub if n < 3 else way.city
        _note(parcel, at, kind, text.format(hub=hub, city=way.city), place=place)
    if way.is_over and stage in _ON_THE_WAY:
        _bring_home(
            parcel, way.city, at=way.asked_at + timedelta(days=rng.uniform(1.2, 5)), now=now
        )
    return parcel


def _carrier(lane: Lane, said: str, rng: Random) -> str:
    """The one that the conversation names, else one of the lane's."""
    named = [name for name in lanes()["carriers"] if name in said]
    return max(named, key=len) if named else rng.choice(lane.carriers)


def _last_at(way: Way, rng: Random) -> datetime:
    asked_at, profile = way.asked_at, way.profile
    if way.stage == "delivered":
        at = asked_at - timedelta(days=rng.uniform(*profile.get("delivered", (0.5, 2))))
    elif "still" in profile:
        at = asked_at - timedelta(days=rng.uniform(*profile["still"]))
    else:
        at = asked_at - timedelta(hours=rng.uniform(2, 30))
    return max(at, way.placed_at + (asked_at - way.placed_at) * 0.4)


def _eta(way: Way, last_at: datetime, rng: Random) -> datetime:
    if way.stage == "delivered":
        return last_at
    if "late" in way.profile:
        return way.asked_at - timedelta(days=rng.uniform(*way.profile["late"]))
    return way.asked_at + timedelta(days=rng.uniform(1.5, 5))


def _steps(stage: str, *, is_direct: bool, rng: Random) -> list[tuple[str, str]]:
    texts = lanes()["events"]
    steps = [("label_created", text) for text in texts["label_created"][: rng.randrange(1, 3)]]
    if stage == "label_created":
        return steps
    way = "direct" if is_direct else "in_transit"
    shown = texts[way] if stage != "customs" else texts[way][:4]
    if stage == "in_transit":
        shown = shown[: rng.randrange(2, len(shown) + 1)]
    steps += [(way, text) for text in shown]
    return steps + [
        (kind, text)
        for kind in _TAIL.get(stage, ())
        for text in (texts[kind] if kind == "customs" else [rng.choice(texts[kind])])
    ]


def _note(parcel: Parcel, at: datetime, kind: str, text: str, *, place: str) -> None:
    stage = _STAGE_OF.get(kind, kind)
    event = {
        "at": at.isoformat(timespec="seconds"),
        "text": text,
        "location": place,
        "stage": stage,
    }
    parcel.events.insert(0, event)


def _bring_home(parcel: Parcel, city: str, *, at: datetime, now: datetime) -> None:
    if at >= now:
        return
    parcel.shipped_at = parcel.shipped_at or parcel.updated_at
    _note(parcel, at - timedelta(hours=5), "out_for_delivery", "Out for delivery", place=city)
    _note(parcel, at, "delivered", "Delivered", place=city)
    parcel.stage, parcel.updated_at, parcel.delivered_at = "delivered", at, at
