"""What was said: buyers' words come in as deliveries do, ours stand beside them as sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.db import connection

from tradewind.channels import deliveries
from tradewind.channels.models import Channel
from tradewind.core import bulk
from tradewind.inbox.models import (
    Conversation,
    Direction,
    Message,
    Note,
    Outgoing,
    Pending,
    SendState,
    ThreadKey,
)
from tradewind.journey import arrival
from tradewind.journey.threads import message_key
from tradewind.project.sample.data import words
from tradewind.project.sample.house import House
from tradewind.project.sample.mails import mail_id, raw_mail
from tradewind.project.sample.plan import Case, Turn

_MAIL = "email"
# How far replies have come, by platform; elsewhere they are accepted.
_RECEIPTS = {
    "amazon": ("delivered", "delivered", "read"),
    "telegram": ("read", "read", "delivered"),
    "tiktok_shop": ("read", "delivered"),
    "aliexpress": ("delivered", "read"),
    "shopify": ("delivered",),
}


@dataclass(slots=True)
class Said:
    """A case with its conversation, and the replies that were written in it."""

    case: Case
    conversation_id: int
    replies: list[Message]
    notes: list[Note]


def channel_of(case: Case, house: House) -> Channel:
    """The channel that the buyer wrote through."""
    platform = case.script.platform
    return house.channels[platform if platform in house.channels else case.store.name]


def hand_in(house: House, cases: Sequence[Case]) -> list[Said]:
    """Deliver the buyers' messages, apply them, and add our side of the conversations."""
    came: dict[int, list[tuple[deliveries.Raw, datetime]]] = {}
    for case in cases:
        channel = channel_of(case, house)
        came.setdefault(channel.pk, []).extend(_raws(case, channel))
    stamps: dict[int, datetime] = {}
    for channel_id, raws in came.items():
        at_of = {raw.dedupe_key: at for raw, at in raws}
        is_mail = channel_id == house.channels[_MAIL].pk
        for accepted in deliveries.accept(
            channel_id, [raw for raw, _ in raws], transport="mail" if is_mail else "api"
        ):
            stamps[accepted.delivery_id] = at_of[accepted.dedupe_key]
    while arrival.apply(deliveries.claim(arrival.BATCH)):
        pass
    _stamp(stamps)
    return _answer(house, cases)


def _raws(case: Case, channel: Channel) -> list[tuple[deliveries.Raw, datetime]]:
    turns = [(n, turn) for n, turn in enumerate(case.turns) if turn.who == "b"]
    if case.script.platform == _MAIL:
        address = str(channel.config["address"])
        return [
            (deliveries.Raw(f"mid:{mail_id(case, n)}", raw_mail(case, n, to=address)), turn.at)
            for n, turn in turns
        ]
    return [(_item(case, n, turn), turn.at) for n, turn in turns]


def _item(case: Case, number: int, turn: Turn) -> deliveries.Raw:
    external_id = f"{case.thread}-{number}"
    item = {
        "external_id": external_id,
        "conversation": case.thread,
        "from": {"name": case.buyer.name, "id": case.buyer.value},
        "subject": case.subject,
        "text": turn.text,
        "sent_at": turn.at.isoformat(),
    }
    if case.sale:
        item["order"] = case.sale.number
    return deliveries.Raw(deliveries.short_key(external_id), orjson.dumps(item))


def _stamp(stamps: dict[int, datetime]) -> None:
    """Deliveries came when their messages were sent, not now."""
    rows = [{"id": id_, "at": at + timedelta(seconds=2)} for id_, at in stamps.items()]
    with connection.cursor() as cursor:
        bulk.update(
            cursor,
            "channels_delivery",
            {"at": "timestamptz"},
            rows,
            sets="received_at = r.at, applied_at = r.at + interval '0.3 seconds'",
        )


def _answer(house: House, cases: Sequence[Case]) -> list[Said]:
    said = [Said(case, id_, [], []) for case, id_ in _conversations(house, cases)]
    for one in said:
        for number, turn in enumerate(one.case.turns):
            if turn.who == "a":
                one.replies.append(_reply(house, one, number, turn))
            elif turn.who == "n":
                one.notes.append(_note(house, one, turn))
    replies = [reply for one in said for reply in one.replies]
    Message.objects.bulk_create(replies)
    Note.objects.bulk_create([note for one in said for note in one.notes])
    Pending.objects.bulk_create([Pending(message=reply) for reply in replies])
    # A buyer who answered has named our mail already.
    ThreadKey.objects.bulk_create(
        [
            ThreadKey(
                key=message_key(reply.channel_id, reply.external_id),
                conversation_id=reply.conversation_id,
            )
            for reply in replies
            if reply.external_id
        ],
        ignore_conflicts=True,
    )
    return said


def _conversations(house: House, cases: Sequence[Case]) -> list[tuple[Case, int]]:
    """The conversation that each case became, found by its first message."""
    wanted = {(channel_of(case, house).pk, _first_id(case)): case for case in cases}
    rows = Message.objects.filter(external_id__in=[external for _, external in wanted])
    ids = {
        (channel_id, external): conversation_id
        for channel_id, external, conversation_id in rows.values_list(
            "channel_id", "external_id", "conversation_id"
        )
    }
    return [(case, ids[key]) for key, case in wanted.items()]


def _first_id(case: Case) -> str:
    first = next(n for n, turn in enumerate(case.turns) if turn.who == "b")
    is_mail = case.script.platform == _MAIL
    return mail_id(case, first) if is_mail else f"{case.thread}-{first}"


def _reply(house: House, said: Said, number: int, turn: Turn) -> Message:
    case, author = said.case, house.person_of(said.case.agent)
    external_id = mail_id(case, number) if case.script.platform == _MAIL else None
    return Message(
        conversation_id=said.conversation_id,
        channel_id=channel_of(case, house).pk,
        external_id=external_id,
        direction=Direction.OUT,
        author=author,
        author_name=author.name,
        subject=case.subject,
        text=turn.text,
        headers={"message_id": external_id} if external_id else {},
        sent_at=turn.at,
        created_at=turn.at,
    )


def _note(house: House, said: Said, turn: Turn) -> Note:
    return Note(
        conversation_id=said.conversation_id,
        author=house.person_of(said.case.agent),
        text=turn.text,
        created_at=turn.at,
    )


def outgoing_of(said: Said, *, is_failed: bool) -> list[Outgoing]:
    """How each reply of the conversation fared; ``is_failed``: the last one was refused."""
    rows = []
    for reply in said.replies:
        is_refused = is_failed and reply is said.replies[-1]
        rows.append(_refused(said, reply) if is_refused else _sent(said, reply))
    return rows


def _sent(said: Said, reply: Message) -> Outgoing:
    rng, at = said.case.rng, reply.sent_at
    state = rng.choice(_RECEIPTS.get(said.case.script.platform, ("accepted",)))
    reached = state in (SendState.DELIVERED, SendState.READ)
    return Outgoing(
        message=reply,
        idempotency_key=f"sample-{reply.pk}",
        state=state,
        attempts=1,
        next_try_at=at,
        platform_id=reply.external_id or f"{said.case.thread}-r{reply.pk}",
        accepted_at=at + timedelta(seconds=rng.uniform(0.4, 4)),
        delivered_at=at + timedelta(seconds=rng.uniform(5, 60)) if reached else None,
        read_at=at + timedelta(minutes=rng.uniform(1, 20)) if state == SendState.READ else None,
        created_at=at,
    )


def _refused(said: Said, reply: Message) -> Outgoing:
    code, text = words()["failures"][said.case.script.platform]
    return Outgoing(
        message=reply,
        idempotency_key=f"sample-{reply.pk}",
        state=SendState.FAILED,
        attempts=1,
        next_try_at=reply.sent_at,
        error_code=code,
        error_text=text,
        created_at=reply.sent_at,
    )


def count_conversations() -> int:
    """How many conversations the workspace entered has."""
    return Conversation.objects.count()
