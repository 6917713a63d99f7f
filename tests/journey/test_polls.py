"""Platforms are asked regularly: every page is kept with its place, by one worker at a time."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from tests.channels.connector_fakes import Asked, platform
from tests.journey.telegram_world import make_bot, message
from tradewind.channels.models import Channel, Delivery
from tradewind.inbox.models import Message
from tradewind.journey import arrival, polls

SHOP = """
format = 1
platform = "lamp_shop"
base_url = "https://api.lamp.example"
secrets = []

[[poll]]
name = "messages"
every_s = 120
request = { method = "GET", path = "/messages", query = { page = "=to_string(page)" } }
items = "messages"
paging = { style = "page", first = 1, size = 2, max_pages = 10 }
watermark = { from = "messages[].at", overlap_s = 60 }
[[poll.event]]
kind = "message"
each = [["m", "body.messages"]]
[poll.event.fields]
id = "=str(m.id)"
conversation_id = "=str(m.thread)"
direction = "in"
text = "=m.text"
sent_at = "=ts(m.at)"
"""


def apply_all() -> None:
    while arrival.apply_waiting():
        pass


def query_of(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def updates(*found: dict) -> tuple[int, dict]:
    return 200, {"ok": True, "result": list(found)}


@pytest.fixture
def lamp_shop(in_alices):
    """A seller's own connector file with a poll."""
    folder = settings.HOME / "connectors"
    folder.mkdir(exist_ok=True)
    path = folder / "lamp_shop.toml"
    path.write_text(SHOP, encoding="utf-8")
    yield lambda origin: Channel.objects.create(
        key="ch_lamp", platform="lamp_shop", name="Lamps", state="live",
        config={"api_origin": origin},
    )  # fmt: skip
    path.unlink()


def test_a_bot_without_a_public_address_asks_and_confirms_what_is_kept(in_alices):
    answers = [updates(message(1, "Hello"), message(2, "there")), updates()]
    with platform(lambda _: answers.pop(0)) as api:
        channel = make_bot(api_origin=api.origin, use_poll=True)
        assert polls.run_once(channel.pk, "updates")
    apply_all()
    assert sorted(Message.objects.values_list("text", flat=True)) == ["Hello", "there"]
    assert "offset" not in query_of(api.asked[0])
    assert query_of(api.asked[1])["offset"] == "9003"
    # The empty answer is no delivery.
    assert Delivery.objects.get().transport == "poll:updates"


def test_only_a_bot_that_is_told_to_is_asked(in_alices):
    quiet = make_bot()
    assert polls.due_now() == []
    assert not polls.run_once(quiet.pk, "updates")
    asking = make_bot(use_poll=True)
    assert [(due.channel_id, due.is_long) for due in polls.due_now()] == [(asking.pk, True)]
    Channel.objects.filter(pk=asking.pk).update(state="paused")
    assert polls.due_now() == []


def test_a_channel_without_its_secrets_is_not_asked(in_alices):
    bare = Channel.objects.create(
        key="ch_bare", platform="telegram", name="Bare", state="live", config={"use_poll": True}
    )
    assert polls.due_now() == []
    assert not polls.run_once(bare.pk, "updates")
    bare.refresh_from_db()
    assert bare.last_error == ""


def page_of(asked: Asked):
    number = int(query_of(asked)["page"])
    rows = [
        {
            "id": 10 * number + i,
            "thread": number,
            "text": f"text {number}.{i}",
            "at": 1795300000 + i,
        }
        for i in range(2 if number < 3 else 1)
    ]
    return 200, {"messages": rows}


def test_every_page_is_kept_once_and_the_next_run_is_due_when_the_file_says(lamp_shop):
    with platform(page_of) as api:
        channel = lamp_shop(api.origin)
        assert polls.run_once(channel.pk, "messages")
        apply_all()
        assert Message.objects.count() == 5
        assert polls.due_now() == []
        assert polls.run_once(channel.pk, "messages")
    apply_all()
    assert (Delivery.objects.count(), Message.objects.count()) == (3, 5)
    channel.refresh_from_db()
    kept = channel.progress["polls"]["messages"]
    wait = timezone.datetime.fromisoformat(kept["next_at"]) - timezone.now()
    assert timedelta(seconds=110) < wait <= timedelta(seconds=120)
    assert channel.last_polled_at is not None


def test_a_run_that_breaks_off_keeps_what_it_had_and_goes_on_from_there(lamp_shop):
    is_broken = True

    def answer(asked: Asked):
        if is_broken and query_of(asked)["page"] == "2":
            return 500, {"error": "sorry"}
        return page_of(asked)

    with platform(answer) as api:
        channel = lamp_shop(api.origin)
        assert not polls.run_once(channel.pk, "messages")
        channel.refresh_from_db()
        assert "HTTP 500" in channel.last_error
        assert channel.last_error_at is not None
        assert Delivery.objects.count() == 1
        assert polls.due_now() == []
        is_broken = False
        assert polls.run_once(channel.pk, "messages")
    apply_all()
    assert [query_of(a)["page"] for a in api.asked] == ["1", "2", "2", "3"]
    assert Message.objects.count() == 5
    channel.refresh_from_db()
    assert channel.last_error == ""


def next_in(channel: Channel, name: str) -> float:
    channel.refresh_from_db()
    at = timezone.datetime.fromisoformat(channel.progress["polls"][name]["next_at"])
    return (at - timezone.now()).total_seconds()


def test_failures_are_asked_again_later_each_time_and_when_the_platform_says(lamp_shop):
    answers = [(503, {}), (503, {}), (429, {}, {"Retry-After": "700"})]
    with platform(lambda _: answers.pop(0)) as api:
        channel = lamp_shop(api.origin)
        waits = []
        for _ in range(3):
            polls.run_once(channel.pk, "messages")
            waits.append(next_in(channel, "messages"))
    assert 50 < waits[0] <= 60 < waits[1] <= 120
    assert 690 < waits[2] <= 700


def test_a_page_that_is_not_understood_is_kept_and_can_be_replayed(lamp_shop):
    with platform(lambda _: (200, b"<html>maintenance</html>")) as api:
        channel = lamp_shop(api.origin)
        polls.run_once(channel.pk, "messages")
    apply_all()
    row = Delivery.objects.get()
    assert (row.state, row.error) == ("failed", "The page is not JSON.")


def test_while_one_worker_asks_another_does_not(in_alices):
    channel = make_bot(use_poll=True)
    with (
        psycopg.connect(settings.APP_URL, autocommit=True) as other,
        polls.alone(channel.pk, "x") as mine,
    ):
        assert mine
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7465"
        assert other.execute(held).fetchone() == (1,)
        digest = other.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = 7465"
        ).fetchone()[0]
        signed = digest - 2**32 if digest >= 2**31 else digest
        taken = other.execute("SELECT pg_try_advisory_lock(7465, %s)", [signed]).fetchone()
        assert taken == (False,)
    with psycopg.connect(settings.APP_URL, autocommit=True) as other:
        assert other.execute(held).fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_worker_watches_by_itself_and_ends_when_told(transactional_db):
    from tests.cast import make_cast
    from tradewind.identity.scope import in_workspace

    cast, heard = make_cast(), threading.Event()
    answers = [updates(message(1, "Hello from afar"))]

    def answer(_: Asked):
        if answers:
            return answers.pop(0)
        heard.set()
        return 429, {"ok": False}, {"Retry-After": "60"}

    with platform(answer) as api:
        with in_workspace(cast.workspace.pk):
            make_bot(api_origin=api.origin, use_poll=True)
        stop = threading.Event()
        watching = threading.Thread(target=polls.watch_all, args=(stop,))
        watching.start()
        assert heard.wait(10)
        stop.set()
        watching.join(10)
        assert not watching.is_alive()
    with in_workspace(cast.workspace.pk):
        apply_all()
        assert Message.objects.get().text == "Hello from afar"
        assert json.dumps(Channel.objects.get().progress).count("9002") == 1
