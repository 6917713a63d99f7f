"""The last touches: notes among colleagues, half-written replies, corrections, the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import orjson

from tradewind.channels import deliveries, services
from tradewind.channels.models import Channel
from tradewind.identity.actor import Actor, actor_of
from tradewind.identity.models import AuditEntry, Membership
from tradewind.inbox.models import Conversation, Draft, Message, Note, SavedView
from tradewind.journey import arrival
from tradewind.project.sample.data import words
from tradewind.project.sample.house import House
from tradewind.project.sample.talk import Said
from tradewind.triage import services as triage
from tradewind.triage.models import Correction, Reading

_LEAD = "han.lei"
_OWNERS_SHARE = 24
_CORRECTIONS = 24
# What a careless program sent to the API: the ledger shows it failed, each with its reason.
_BROKEN = (
    {"external_id": "erp-20771", "text": "Where is it?"},
    {"external_id": "erp-20772", "from": {"name": "Anna"}, "text": 17},
    {"external_id": "erp-20779", "from": {"name": "Li"}, "text": "hi", "sent_at": "yesterday"},
)


def add(house: House, said: Sequence[Said], *, now: datetime) -> None:
    """Everything that makes a desk lived in."""
    rng = Random("touches")  # noqa: S311  # sample data, the same every time
    waiting = [one for one in said if one.case.script.state == "open" and not one.replies]
    _notes(house, waiting, now=now)
    _give_to_owner(house, waiting, rng)
    _drafts(house, waiting, now=now)
    _views(house)
    _correct(house, said, rng)
    _broken_deliveries(house, now=now)
    _log(house, said, rng, now=now)


def _notes(house: House, waiting: Sequence[Said], *, now: datetime) -> None:
    owner, lead = house.people["owner"], house.people[_LEAD]
    names = {"owner": owner.name, "lead": lead.name}
    for given in words()["notes"]:
        about = [one for one in waiting if one.case.script.intent == given["intent"]]
        for one in about[:1]:
            mentioned = owner if "{owner}" in given["text"] else lead
            at = one.case.last_at + (now - one.case.last_at) * 0.6
            Note.objects.create(
                conversation_id=one.conversation_id,
                author=house.person_of(one.case.agent),
                text=given["text"].format(**names),
                mentions=[mentioned.pk],
                created_at=at,
            )


def _give_to_owner(house: House, waiting: Sequence[Said], rng: Random) -> None:
    """Whoever opens the sample finds work under "mine": some of it urgent."""
    chosen = rng.sample(waiting, min(_OWNERS_SHARE, len(waiting)))
    Conversation.objects.filter(pk__in=[one.conversation_id for one in chosen]).update(
        assignee=house.people["owner"],
        team=None,
        assigned_because=f"given by {house.people[_LEAD]}",
    )


def _drafts(house: House, waiting: Sequence[Said], *, now: datetime) -> None:
    for language, text in words()["drafts"].items():
        about = [one for one in waiting if one.case.script.language == language]
        for one in about[-1:]:
            row = Conversation.objects.get(pk=one.conversation_id)
            Draft.objects.create(
                conversation=row,
                author_id=row.assignee_id or house.person_of(one.case.agent).pk,
                text=text,
                base_message_id=row.last_message_id,
            )


def _views(house: House) -> None:
    for person in (house.people["owner"], house.people[_LEAD]):
        SavedView.objects.bulk_create(
            SavedView(person=person, name=view["name"], query=view["query"])
            for view in words()["views"]
        )


def _correct(house: House, said: Sequence[Said], rng: Random) -> None:
    """Agents have set right some of what was misread, where they answered."""
    answered = {one.conversation_id: one for one in said if one.replies}
    wrong = [
        one
        for id_, intent in Conversation.objects.filter(pk__in=answered).values_list("id", "intent")
        if intent and (one := answered[id_]).case.script.intent != intent
    ]
    actor = _actor(house, _LEAD)
    for one in rng.sample(wrong, min(_CORRECTIONS, len(wrong))):
        newest = (
            Message.objects.filter(conversation_id=one.conversation_id, direction="in")
            .order_by("-sent_at", "-id")
            .first()
        )
        if newest and Reading.objects.filter(message=newest).exists():
            made = triage.correct(actor, newest, field="intent", now=one.case.script.intent)
            Correction.objects.filter(pk=made.pk).update(
                by=house.person_of(one.case.agent), at=one.replies[-1].sent_at
            )


def _actor(house: House, name: str) -> Actor:
    return actor_of(Membership.objects.select_related("person").get(person=house.people[name]))


def _broken_deliveries(house: House, *, now: datetime) -> None:
    channel = Channel.objects.get(pk=services.find_api_channel_again())
    raws = [deliveries.Raw(str(body["external_id"]), orjson.dumps(body)) for body in _BROKEN]
    deliveries.accept(channel.pk, raws, transport="api")
    arrival.apply(deliveries.claim(len(raws)))
    services.refuse(
        house.channels["telegram"].pk,
        reason="the secret token of the header is not ours",
        ip="203.0.113.77",
        body_bytes=412,
    )


def _log(house: House, said: Sequence[Said], rng: Random, *, now: datetime) -> None:
    owner = house.people["owner"]
    entries = [
        AuditEntry(
            at=channel.created_at,
            person=owner,
            act="channel.created",
            subject_kind="channel",
            subject_id=str(channel.pk),
            detail={"platform": channel.platform, "name": channel.name},
            ip="203.0.113.20",
        )
        for channel in house.channels.values()
    ]
    entries += [
        AuditEntry(
            at=min(now, one.case.last_at + timedelta(minutes=rng.uniform(3, 300))),
            person=house.person_of(one.case.agent),
            act="conversation.read",
            subject_kind="conversation",
            subject_id=str(one.conversation_id),
            ip="203.0.113.21",
        )
        for one in rng.sample(list(said), min(80, len(said)))
    ]
    AuditEntry.objects.bulk_create(sorted(entries, key=lambda entry: entry.at))
