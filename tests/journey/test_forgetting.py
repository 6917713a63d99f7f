"""Old deliveries and refusals go, in small batches; what is not done with stays."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from tests.journey_helpers import api_item, arrive
from tradewind.channels import forgetting
from tradewind.channels.models import Channel, Delivery, Refusal
from tradewind.inbox.models import Message
from tradewind.journey import sweep


def aged(rows: Any, *, days: int, **more: Any) -> None:
    name = "received_at" if rows.model is Delivery else "at"
    rows.update(**{name: timezone.now() - timedelta(days=days)}, **more)


@pytest.fixture
def channel(in_alices: SimpleNamespace) -> Channel:
    channel = Channel.objects.create(key="ch_api", platform="api", name="API", state="live")
    arrive(channel, *(api_item(f"m{n}") for n in range(6)))
    for n in range(3):
        Refusal.objects.create(channel=channel, reason=f"no signature {n}")
    return channel


def test_what_was_applied_long_ago_goes_and_what_failed_stays(channel: Channel) -> None:
    first, second, third, *_ = Delivery.objects.order_by("pk").values_list("pk", flat=True)
    old = Delivery.objects.filter(pk__lte=third)
    aged(old, days=91)
    old.filter(pk=second).update(state="failed")
    aged(Refusal.objects.filter(reason="no signature 0"), days=31)
    sweep.forget_deliveries()
    left = set(Delivery.objects.values_list("pk", flat=True))
    assert {first, third}.isdisjoint(left)
    assert second in left
    assert len(left) == 4
    assert Refusal.objects.count() == 2
    assert Message.objects.count() == 6


def test_batches_pass_over_what_stays(channel: Channel) -> None:
    aged(Delivery.objects.all(), days=100)
    failed = list(Delivery.objects.order_by("pk").values_list("pk", flat=True)[:3])
    Delivery.objects.filter(pk__in=failed).update(state="failed")
    before = timezone.now() - timedelta(days=90)
    assert forgetting.forget_deliveries(before=before, at_once=2) == 3
    assert sorted(Delivery.objects.values_list("pk", flat=True)) == failed


def test_what_comes_again_after_its_delivery_is_gone_is_not_shown_twice(channel: Channel) -> None:
    aged(Delivery.objects.all(), days=100)
    sweep.forget_deliveries()
    assert not Delivery.objects.exists()
    arrive(channel, api_item("m0"))
    assert Message.objects.count() == 6


def test_nought_days_keep_everything(channel: Channel, settings: Any, monkeypatch: Any) -> None:
    from dataclasses import replace

    settings.ENV = replace(settings.ENV, keep_deliveries_days=0, keep_refusals_days=0)
    aged(Delivery.objects.all(), days=1000)
    aged(Refusal.objects.all(), days=1000)
    sweep.forget_deliveries()
    assert (Delivery.objects.count(), Refusal.objects.count()) == (6, 3)


def test_another_workspace_is_trimmed_in_its_own_turn(
    channel: Channel, in_alices: SimpleNamespace
) -> None:
    from tradewind.identity.scope import in_workspace

    with in_workspace(in_alices.other.pk):
        other = Channel.objects.create(key="ch_2", platform="api", name="API", state="live")
        arrive(other, api_item("m0"))
        aged(Delivery.objects.all(), days=100)
    before = timezone.now() - timedelta(days=90)
    assert forgetting.forget_deliveries(before=before) == 0
    sweep.forget_deliveries()
    with in_workspace(in_alices.other.pk):
        assert not Delivery.objects.exists()
    assert Delivery.objects.count() == 6
