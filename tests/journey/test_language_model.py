"""What the readers here are unsure of goes to a language model, beside everything else."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.utils import timezone

from tests.channels.connector_fakes import Asked, platform
from tests.journey_helpers import api_item, arrive
from tests.nlp.llm_parts import VAGUE, Unsure, opinion
from tradewind.channels.models import Channel
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, Message, Pending
from tradewind.journey import afterthought, language_model
from tradewind.learning import services as learning
from tradewind.nlp.llm.reader import LanguageModelReader
from tradewind.triage import language_model as kept
from tradewind.triage import services as triage
from tradewind.triage.models import ModelDay, ModelOpinion, ModelPause
from tradewind.triage.models import Unsure as Waiting


def says(asked: Asked, **changes: Any) -> Any:
    messages = orjson.loads(asked.json["messages"][1]["content"])
    text = orjson.dumps({id_: opinion(**changes) for id_ in messages}).decode()
    return 200, {"choices": [{"message": {"content": text}}], "usage": {"total_tokens": 900}}


@pytest.fixture
def desk(in_alices, settings, monkeypatch):
    """Alice's workspace with a channel, and readers that are unsure of everything."""
    monkeypatch.setattr(learning, "reader_in_use", Unsure)
    in_alices.channel = Channel.objects.create(
        key="ch_llm", platform="api", name="Shop", state="live"
    )
    in_alices.configure = lambda origin, **more: setattr(
        settings,
        "ENV",
        dataclasses.replace(settings.ENV, llm_url=f"{origin}/v1", llm_model="small", **more),
    )
    return in_alices


def write(desk: Any, *texts: str, **more: Any) -> None:
    for n, text in enumerate(texts):
        arrive(desk.channel, api_item(f"m{n}-{text}", text, conversation=f"c{n}", **more))
    afterthought.catch_up()


def work_off(desk: Any) -> None:
    language_model.read_waiting(workspace_id=desk.workspace.pk)


def test_the_buyers_own_name_and_street_stay_here(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, "the same thing, this is Keller of Lindenstr. 14, Leipzig")
        work_off(desk)
    (asked,) = server.asked
    assert b"the same thing, this is [name] of [address]" in asked.body


def test_an_unsure_reading_is_replaced_and_shown(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        assert Waiting.objects.count() == 1
        assert server.asked == []
        work_off(desk)
    message = Message.objects.get()
    shown = triage.readings_of([message.pk])[message.pk]
    assert (shown["intent"], shown["model"]) == ("product.defect", "llm-1:small")
    assert Conversation.objects.get().intent == "product.defect"
    assert Waiting.objects.count() == 0
    day = ModelDay.objects.get()
    assert (day.calls, day.tokens, day.answered, day.refused) == (1, 900, 1, 0)


def test_without_a_model_nothing_waits_and_nothing_leaves(desk):
    write(desk, VAGUE)
    assert Waiting.objects.count() == 0
    assert Pending.objects.count() == 0


def test_what_is_sure_enough_is_not_asked(desk):
    with platform(says) as server:
        desk.configure(server.origin, llm_below=0.1)
        write(desk, VAGUE)
        work_off(desk)
    assert server.asked == []


def test_several_messages_go_in_one_call_masked(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, *(f"the same thing {n}, I am a{n}@example.com" for n in range(8)))
        work_off(desk)
    (asked,) = server.asked
    assert b"example.com" not in asked.body
    assert asked.body.count(b"[email]") == 8
    assert ModelDay.objects.get().answered == 8


def test_the_intents_are_the_leaves_of_the_workspaces_own_map(desk):
    nodes = [{**n, "active": n["code"] != "order.invoice"} for n in triage.current_map().nodes] + [
        {"code": "order.gift", "en": "Gift", "zh": "礼物"}
    ]
    from tradewind.triage.problem_map import change_map

    change_map(desk.lena, nodes, base_version=1)
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        work_off(desk)
    form = server.asked[0].json["response_format"]["json_schema"]["schema"]["properties"]["1"]
    codes = form["properties"]["intent"]["enum"]
    assert "order.cancel" in codes
    assert not {"order.invoice", "order.gift"} & set(codes)


def test_a_label_outside_the_set_changes_nothing_and_is_counted(desk):
    with platform(lambda asked: says(asked, intent="order.free_money")) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        work_off(desk)
    message = Message.objects.get()
    assert triage.readings_of([message.pk])[message.pk]["model"] == "cues-2"
    assert ModelDay.objects.get().refused == 1
    assert Waiting.objects.count() == 0


def test_the_same_words_are_asked_about_once(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        for n in range(2):
            arrive(desk.channel, api_item(f"m{n}", VAGUE, conversation=f"c{n}"))
            afterthought.catch_up()
            work_off(desk)
    assert len(server.asked) == 1
    assert ModelDay.objects.get().known == 1
    assert VAGUE not in str(ModelOpinion.objects.get().opinion)


def test_a_person_who_corrected_meanwhile_is_right(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        message = Message.objects.get()
        triage.correct(desk.bob, message, field="intent", now="order.cancel")
        work_off(desk)
    assert Conversation.objects.get().intent == "order.cancel"
    assert triage.readings_of([message.pk])[message.pk]["model"] == "cues-2"


def test_a_dead_model_delays_nobody_is_cut_off_and_tried_again_later(desk):
    with platform(lambda _: (500, {})) as server:
        desk.configure(server.origin)
        write(desk, *(f"the same thing {n}" for n in range(50)))
        assert Pending.objects.count() == 0
        work_off(desk)
        assert len(server.asked) == 3
        work_off(desk)
        assert len(server.asked) == 3
    assert ModelPause.objects.get().failures == 3
    assert Waiting.objects.count() == 50 - 24
    with platform(says) as server, time_machine.travel(timezone.now() + timedelta(minutes=6)):
        desk.configure(server.origin)
        work_off(desk)
    assert Waiting.objects.count() == 0
    assert ModelPause.objects.get().failures == 0


def test_what_was_never_asked_waits_for_the_model_to_come_back(desk):
    long = "and it goes on and on about my grey one " * 40
    with platform(lambda _: (500, {})) as server:
        desk.configure(server.origin)
        for n in range(8):
            text = f"the same thing {n}, {long}"
            arrive(desk.channel, api_item(f"m{n}", text, conversation=f"c{n}"))
        afterthought.catch_up()
        for _ in range(kept.MOST_FAILURES - 1):
            kept.KeptBreaker().note(worked=False)
        work_off(desk)
    (asked,) = server.asked
    tried = len(orjson.loads(asked.json["messages"][1]["content"]))
    assert 0 < tried < 8
    assert Waiting.objects.count() == 8 - tried
    with platform(says) as server, time_machine.travel(timezone.now() + timedelta(minutes=6)):
        desk.configure(server.origin)
        work_off(desk)
    assert Waiting.objects.count() == 0
    assert ModelDay.objects.get().answered == 8 - tried


def test_a_budget_that_is_spent_lets_the_rest_be(desk):
    with platform(says) as server:
        desk.configure(server.origin, llm_calls_a_day=2)
        write(desk, *(f"the same thing {n}" for n in range(30)))
        work_off(desk)
    assert len(server.asked) == 2
    assert (ModelDay.objects.get().answered, ModelDay.objects.get().unasked) == (16, 14)
    assert Waiting.objects.count() == 0


def test_tokens_are_counted_over_calls_and_days_begin_anew(desk):
    budget = kept.KeptBudget(calls=10, tokens=1000)
    assert budget.take(600)
    assert not budget.take(600)
    budget.settle(taken=600, used=300)
    assert budget.take(600)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert budget.take(600)
    assert not kept.KeptBudget(calls=0, tokens=1000).take(1)


def test_old_mail_does_not_spend_todays_budget(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE, sent_at="2024-01-01T10:00:00Z")
        work_off(desk)
    assert server.asked == []


def test_the_sample_sellers_messages_do_not_leave(desk):
    desk.workspace.is_sample = True
    desk.workspace.save()
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        work_off(desk)
    assert server.asked == []


def test_a_reader_that_breaks_costs_its_messages_their_try_only(desk, monkeypatch):
    def broken(self, texts):
        raise RuntimeError("cannot read this")

    monkeypatch.setattr(LanguageModelReader, "read", broken)
    desk.configure("http://127.0.0.1:9")
    write(desk, VAGUE)
    work_off(desk)
    assert Waiting.objects.count() == 0


def test_another_workspace_knows_nothing_of_it(desk):
    with platform(says) as server:
        desk.configure(server.origin)
        write(desk, VAGUE)
        work_off(desk)
    with in_workspace(desk.other.pk):
        assert not ModelOpinion.objects.exists()
        assert not ModelDay.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_asks_without_being_told(transactional_db, settings, monkeypatch):
    from tests.cast import make_cast
    from tradewind.core.jobs import run_waiting

    monkeypatch.setattr(learning, "reader_in_use", Unsure)
    cast = make_cast()
    with platform(says) as server, in_workspace(cast.workspace.pk):
        settings.ENV = dataclasses.replace(
            settings.ENV, llm_url=f"{server.origin}/v1", llm_model="small"
        )
        channel = Channel.objects.create(key="ch_w", platform="api", name="S", state="live")
        arrive(channel, api_item("m1", VAGUE))
        afterthought.catch_up()
        run_waiting()
        assert Conversation.objects.get().intent == "product.defect"
