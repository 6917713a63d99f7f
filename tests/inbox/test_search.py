"""Search finds the same whichever way it looks, and never beyond the wall."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection

from tests.web.inbox_helpers import conversation, make_channel
from tradewind.identity.scope import in_workspace
from tradewind.inbox import search as searching
from tradewind.inbox.models import Message
from tradewind.inbox.search import index, search


@pytest.fixture
def told(in_alices: SimpleNamespace) -> SimpleNamespace:
    """Five conversations about a parcel, the second also about a zither."""
    channel = make_channel()
    rows = [conversation(channel, f"m{n}", "zither parcel" if n == 1 else "parcel")
            for n in range(5)]  # fmt: skip
    index(
        [(m.workspace_id, m.pk, m.conversation_id, m.text) for m in Message.objects.order_by("id")]
    )
    in_alices.rows = [row.pk for row in rows]
    in_alices.actor = in_alices.alice
    return in_alices


def test_newest_conversations_come_first(told: SimpleNamespace) -> None:
    assert search(told.actor, "parcel") == told.rows[::-1]
    assert search(told.actor, "zither parc") == [told.rows[1]]
    assert search(told.actor, "nothing of it") == []


@pytest.mark.parametrize("limit", [2, 5, 200])
@pytest.mark.parametrize("many", [1, 3, 10_000])
def test_every_way_of_looking_finds_the_same(
    told: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, limit: int, many: int
) -> None:
    monkeypatch.setattr(searching, "_MANY", many)
    # As if the newest messages were of others, so that the index is asked.
    monkeypatch.setattr(searching, "_LATELY", f"{searching._LATELY} OFFSET 1500")
    assert search(told.actor, "parcel", limit=limit) == told.rows[::-1][:limit]
    assert search(told.actor, "zither", limit=limit) == [told.rows[1]]
    assert search(told.actor, "absent", limit=limit) == []


def test_the_index_of_words_is_really_used(told: SimpleNamespace) -> None:
    """Behind row-level security the planner may not: it would read every message."""
    with connection.cursor() as cursor:
        scans = "SELECT pg_stat_get_xact_numscans('search_words'::regclass)"
        cursor.execute(scans)
        (before,) = cursor.fetchone()
        assert search(told.actor, "zither") == [told.rows[1]]
        cursor.execute(scans)
        assert cursor.fetchone()[0] > before


def test_the_door_to_the_words_keeps_the_wall(told: SimpleNamespace) -> None:
    held = "SELECT count(*) FROM inbox_holding('''parcel'':*', 100)"
    counts = []
    for workspace_id in (told.workspace.pk, told.other.pk, None):
        with in_workspace(workspace_id), connection.cursor() as cursor:
            cursor.execute(held)
            counts.append(cursor.fetchone()[0])
    assert counts == [5, 0, 0]
