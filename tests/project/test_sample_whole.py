"""The whole sample seller, loaded as a fresh installation loads it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import models

from tradewind.channels.models import Delivery
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, State
from tradewind.project.sample.loader import load_sample


@pytest.mark.django_db
def test_the_whole_sample_is_there_for_half_a_minute_of_the_processor() -> None:
    told: list[tuple[int, int]] = []
    began = time.process_time()
    made = load_sample(now=datetime.now(UTC), progress=lambda done, of: told.append((done, of)))
    took = time.process_time() - began
    with in_workspace(made.workspace_id):
        read = Counter(Conversation.objects.values_list("language", flat=True))
        states = Counter(Conversation.objects.values_list("state", flat=True))
        returning = (
            Conversation.objects.values("buyer").annotate(n=models.Count("id")).filter(n__gt=1)
        )
        mine = Conversation.objects.filter(assignee__email=made.owner_email).count()
        unassigned = Conversation.objects.filter(state=State.OPEN, assignee=None).count()
        assert not Delivery.objects.filter(state="waiting").exists()
        assert Delivery.objects.filter(state="failed").count() == 3
        assert returning.count() > 100
        assert mine > 15
        assert unassigned < states["open"] / 3
    assert told[-1] == (made.conversations, made.conversations)
    assert made.conversations >= 2000
    assert len([language for language, n in read.items() if n > 20]) >= 15
    assert states["open"] > 500 < states["resolved"]
    assert took < 30
