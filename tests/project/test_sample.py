"""The sample seller: real orders, real readings, real clocks, and nothing left half done."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import models, transaction
from django.db.transaction import atomic

from tradewind.channels.models import Channel
from tradewind.channels.sealing import account_of
from tradewind.channels.sending import CallbackSender, sender_for
from tradewind.commerce.addresses import address_of
from tradewind.commerce.models import Order, Shipment
from tradewind.identity.models import Person, Workspace
from tradewind.identity.scope import in_workspace
from tradewind.identity.services import find_actor
from tradewind.inbox.models import Conversation, Message, Outgoing, State
from tradewind.inbox.search import search
from tradewind.journey import afterthought
from tradewind.nlp.reader import default_reader
from tradewind.project.sample.data import scripts, stores
from tradewind.project.sample.loader import SampleSeller, load_sample
from tradewind.project.sample.plan import plan
from tradewind.project.sample.refresh import refresh_sample
from tradewind.triage.models import Reading

_EVERY = 14
_FORMS = {
    "amazon": r"\d{3}-\d{7}-\d{7}",
    "ebay": r"\d{2}-\d{5}-\d{5}",
    "shopify": r"#\d{4,6}",
    "walmart": r"2000\d{3}-\d{8}",
    "aliexpress": r"\d{16}",
    "tiktok_shop": r"57\d{16}",
}


@pytest.fixture(scope="module")
def seller(django_db_setup: None, django_db_blocker: Any) -> Iterator[SampleSeller]:
    """A slice of the sample, loaded once and taken back afterwards."""
    with django_db_blocker.unblock(), atomic():
        yield (made := _load(_EVERY))
        assert made.is_new
        transaction.set_rollback(True)


def _load(every: int) -> SampleSeller:
    return load_sample(now=datetime.now(UTC), progress=lambda done, of: None, every=every)


@pytest.fixture
def inside(seller: SampleSeller, db: None) -> Iterator[SampleSeller]:
    """The slice, with its workspace entered."""
    with in_workspace(seller.workspace_id):
        yield seller


def test_every_written_conversation_becomes_one(inside: SampleSeller) -> None:
    assert Conversation.objects.count() == inside.conversations == len(scripts()[::_EVERY])


def test_at_least_fifteen_languages_are_read_on_three_platforms(inside: SampleSeller) -> None:
    read = Counter(Conversation.objects.values_list("language", flat=True))
    platforms = set(Conversation.objects.values_list("platform", flat=True))
    assert len({language.split("-")[0] for language, n in read.items() if n > 1}) >= 15, read
    assert len(platforms) >= 3


def test_no_slot_is_left_open() -> None:
    said = [t.text for case in plan(datetime.now(UTC)) for t in case.turns]
    assert not [text for text in said if re.search(r"\{\w*\}", text)]


def test_no_filled_text_lacks_its_number() -> None:
    for case in plan(datetime.now(UTC)):
        if "{order}" in case.script.words:
            assert case.sale, case.script.key
            assert any(case.sale.number.lstrip("#") in t.text for t in case.turns) or case.subject
        if "{tracking}" in case.script.words:
            assert case.sale, case.script.key
            assert case.sale.parcel, case.script.key


def test_order_numbers_have_the_form_of_their_platform(inside: SampleSeller) -> None:
    wrong = [
        (platform, number)
        for platform, number in Order.objects.values_list("platform", "number")
        if not re.fullmatch(_FORMS[platform], number)
    ]
    assert not wrong
    assert {store.platform for store in stores()} == set(_FORMS)


def test_every_order_says_where_it_goes(inside: SampleSeller) -> None:
    order = Order.objects.select_related("buyer").first()
    assert order
    assert order.buyer
    assert address_of(order)["name"] == order.buyer.name
    assert not Order.objects.filter(address=b"").exists()


def test_parcels_fit_what_the_buyer_writes(inside: SampleSeller) -> None:
    stages: dict[str, Counter[str]] = {}
    for case in plan(datetime.now(UTC)):
        if case.sale and case.sale.parcel and case.script.state == "open":
            stages.setdefault(case.script.intent, Counter())[case.sale.parcel.stage] += 1
    assert set(stages["logistics.customs"]) == {"customs"}
    assert set(stages["logistics.damaged"]) == {"delivered"}
    assert set(stages["logistics.delay"]) == {"in_transit"}
    assert set(stages["logistics.not_received"]) == {"delivered", "lost"}
    events = Shipment.objects.exclude(events=[]).values_list("events", flat=True)
    assert all(e == sorted(e, key=lambda one: one["at"], reverse=True) for e in events)


def test_some_clocks_have_run_out_many_are_near_and_most_are_fine(inside: SampleSeller) -> None:
    now = datetime.now(UTC)
    owing = Conversation.objects.filter(state=State.OPEN, company_due_at__isnull=False)
    over = owing.filter(company_due_at__lt=now).count()
    near = owing.filter(company_due_at__range=(now, now + timedelta(hours=4))).count()
    fine = owing.filter(company_due_at__gt=now + timedelta(hours=4)).count()
    assert over > 0
    assert near > over / 2
    assert fine > over + near / 2


def test_nothing_was_said_after_now_and_counts_are_true(inside: SampleSeller) -> None:
    assert not Message.objects.filter(sent_at__gt=datetime.now(UTC)).exists()
    counted = Conversation.objects.annotate(n=models.Count("messages"))
    assert not counted.exclude(n=models.F("message_count")).exists()
    newest = Conversation.objects.annotate(at=models.Max("messages__sent_at"))
    assert not newest.exclude(at=models.F("last_message_at")).exists()


def test_every_reply_has_its_receipt_and_a_few_failed(inside: SampleSeller) -> None:
    replies = Message.objects.filter(direction="out")
    assert not replies.filter(outgoing=None).exists()
    failed = Outgoing.objects.filter(state="failed").count()
    assert 0 < failed == Conversation.objects.filter(has_failed_send=True).count() < 20


def test_what_the_first_reader_dares_to_name_is_mostly_as_it_was_meant(
    inside: SampleSeller, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of the first reader only: the deeper one was trained on these very texts.
    meant = {case.thread: case.script.intent for case in plan(datetime.now(UTC), every=_EVERY)}
    first = Reading.objects.filter(
        model=default_reader().version, message__external_id__endswith="-0"
    ).values_list("message__conversation__external_id", "intent")
    said = [(meant[thread], intent) for thread, intent in first if thread in meant]
    named = [(wanted, got) for wanted, got in said if got != "other.unclear"]
    share = sum(wanted == got for wanted, got in named) / len(named)
    right = sum(wanted == got for wanted, got in said) / len(said)
    with capsys.disabled():
        sys.stdout.write(
            f"\nintent as written: {right:.0%} of {len(said)} first messages,"
            f" {share:.0%} of the {len(named)} that were given one\n"
        )
    assert share > 0.5
    assert right > 0.3


def test_a_message_is_found_by_its_words_and_its_order_number(inside: SampleSeller) -> None:
    while afterthought.catch_up(limit=1000):
        pass
    actor = find_actor(Person.objects.get(email=inside.owner_email))
    assert actor
    conversation = Conversation.objects.filter(order__platform="amazon").first()
    assert conversation
    assert conversation.order
    assert conversation.pk in search(actor, conversation.order.number)
    word = max(conversation.messages.order_by("id")[0].text.split(), key=len)
    assert conversation.pk in search(actor, word)


def test_a_reply_in_the_sample_is_kept_and_leaves_for_nowhere(inside: SampleSeller) -> None:
    for channel in Channel.objects.filter(config__contains={"sample": True}):
        assert isinstance(sender_for(account_of(channel)), CallbackSender)
        assert not channel.config.get("callback_url")
        assert not channel.config.get("imap_host")


def test_loading_twice_changes_nothing(inside: SampleSeller) -> None:
    before = Message.objects.count(), Workspace.objects.count(), Person.objects.count()
    again = _load(_EVERY)
    assert not again.is_new
    assert again.password is None
    assert again.workspace_id == inside.workspace_id
    assert (Message.objects.count(), Workspace.objects.count(), Person.objects.count()) == before


def test_the_owner_can_sign_in_and_colleagues_cannot(inside: SampleSeller) -> None:
    owner = Person.objects.get(email=inside.owner_email)
    assert owner.check_password(inside.password or "")
    assert not Person.objects.get(email="zhou.min@islelight.example").has_usable_password()


def test_an_old_sample_is_moved_by_whole_days_and_only_once(inside: SampleSeller) -> None:
    later = datetime.now(UTC) + timedelta(days=9, hours=5)
    was = dict(Message.objects.values_list("id", "sent_at"))
    event = Shipment.objects.exclude(events=[]).values_list("id", "events")[0]
    with atomic():
        assert refresh_sample(later) == 9
        assert refresh_sample(later) == 0
        moved = dict(Message.objects.values_list("id", "sent_at"))
        assert {moved[i] - was[i] for i in was} == {timedelta(days=9)}
        events = Shipment.objects.get(pk=event[0]).events
        was_at, at = (datetime.fromisoformat(e[0]["at"]) for e in (event[1], events))
        assert at - was_at == timedelta(days=9)


def test_a_sample_with_real_messages_is_left_alone(inside: SampleSeller) -> None:
    conversation = Conversation.objects.first()
    assert conversation
    conversation.channel.config = {}
    conversation.channel.save(update_fields=["config"])
    assert refresh_sample(datetime.now(UTC) + timedelta(days=9)) == 0
