"""/hooks/<key> through the ASGI root: verified, kept, acknowledged; strangers leave no message."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.conf import settings
from psycopg_pool import AsyncConnectionPool

from tests.api.root import Post, through_root
from tests.journey.telegram_world import make_bot, message
from tradewind.api.group_commit import GroupCommit
from tradewind.channels.deliveries import Raw
from tradewind.channels.models import Channel, Delivery, Refusal
from tradewind.core.problems import Problem
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message
from tradewind.journey import arrival

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = ("X-Telegram-Bot-Api-Secret-Token", "s3cret")


@pytest.fixture
def bot(cast) -> Channel:
    with in_workspace(cast.workspace.pk):
        return make_bot()


def push(bot: Channel, *updates: Any, more: list[tuple[str, str]] = [], query: str = "") -> Any:  # noqa: B006
    bodies = [u if isinstance(u, bytes) else json.dumps(u).encode() for u in updates]
    path = f"/hooks/{bot.key}{query}"
    return through_root([Post(path, body, [SECRET, *more]) for body in bodies])


def shown(cast: Any) -> list[str]:
    with in_workspace(cast.workspace.pk):
        while arrival.apply_waiting():
            pass
        return sorted(Message.objects.values_list("text", flat=True))


def test_what_the_platform_pushes_twice_is_shown_once(bot, cast):
    update = message(1, "Where is it?")
    assert [a.status_code for a in push(bot, update, update, message(2, "Hello?"))] == [200] * 3
    assert shown(cast) == ["Hello?", "Where is it?"]


def test_a_wrong_signature_is_refused_recorded_and_not_kept(bot, cast):
    posts = [
        Post(f"/hooks/{bot.key}", json.dumps(message(1, "x")).encode(), headers)
        for headers in ({}, {SECRET[0]: "wrong"}, [SECRET, SECRET])
    ]
    answers = through_root(posts)
    assert [a.status_code for a in answers] == [401] * 3
    assert {a.headers["Content-Type"] for a in answers} == {"application/problem+json"}
    with in_workspace(cast.workspace.pk):
        assert Refusal.objects.count() == 3
        assert not Delivery.objects.exists()


def test_an_address_that_there_is_not_is_told_so(bot):
    keys = ("unknown", "%00", "a" * 500, "..%2Fetc", "%F0%9F%98%80", "")
    answers = through_root([Post(f"/hooks/{key}", b"{}", [SECRET]) for key in keys])
    assert [a.status_code for a in answers] == [404] * len(keys)
    assert {a.headers["Content-Type"] for a in answers} == {"application/problem+json"}


def test_a_body_that_is_not_what_was_promised_is_kept_as_failed(bot, cast):
    [answer] = push(bot, b"not json")
    assert answer.status_code == 200
    assert shown(cast) == []
    with in_workspace(cast.workspace.pk):
        [delivery] = Delivery.objects.all()
    assert (delivery.state, bool(delivery.error)) == ("failed", True)


def test_headers_sent_twice_and_nul_in_the_address_harm_nobody(bot, cast):
    twice = [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "10.0.0.2")]
    [answer] = push(bot, message(1, "Where is it?"), more=twice, query="?a=%00&b=%FF")
    assert answer.status_code == 200
    assert shown(cast) == ["Where is it?"]


def test_what_cannot_be_kept_is_refused_without_its_company(bot, cast):
    async def main() -> list[Any]:
        async with AsyncConnectionPool(settings.APP_URL, min_size=1, open=False) as pool:
            commit = GroupCommit(pool)

            def accept(key: str) -> Any:
                return commit.accept(
                    workspace_id=cast.workspace.pk,
                    channel_id=bot.pk,
                    transport="webhook",
                    raws=[Raw(key, b"{}")],
                )

            keys = ("one", "bro\x00ken", "two")
            return await asyncio.gather(*map(accept, keys), return_exceptions=True)

    one, broken, two = asyncio.run(main())
    assert one[0].is_new
    assert two[0].is_new
    assert isinstance(broken, Problem)
    with in_workspace(cast.workspace.pk):
        assert set(Delivery.objects.values_list("dedupe_key", flat=True)) == {"one", "two"}
