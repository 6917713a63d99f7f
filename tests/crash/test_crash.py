"""Five thousand messages and a hundred replies, while everything is killed again and again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from tests.channels.mail.conftest import running_dovecot
from tests.channels.mail.dovecot import PASSWORD, Dovecot
from tests.crash.desks import Victims, change, crash_desk, inside, kill, query, told, wait_for
from tests.crash.senders import (
    Acknowledged,
    Post,
    Postman,
    Sender,
    api_posts,
    hook_posts,
    mails,
    until_acknowledged,
)
from tests.crash.sinks import Arrivals, callback_sink, mail_sink
from tradewind.core.postgres import embedded_cluster
from tradewind.project.bench.desk import Desk

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]

SEED = 20261122
HOOKS, SINGLES, BATCHED, MAILS = 1500, 1000, 2000, 500
API_REPLIES, MAIL_REPLIES = 60, 40
USER = "crash"
KILL_SECONDS, DONE_SECONDS = 45.0, 200.0

_CHANNELS = """
from tradewind.channels import services as channels
mail = {
    "address": "support@crash.example",
    "imap_host": "127.0.0.1", "imap_port": given["imap"], "imap_tls": "none",
    "smtp_host": "127.0.0.1", "smtp_port": given["smtp"], "smtp_tls": "none", "smtp_user": "",
    "user": given["user"],
}
telegram = {"bot_token": "1:x", "secret_token": given["secret"]}
made = {
    "hook": channels.create_channel(None, platform="telegram", name="Bot", state="live",
                                    secrets_given=telegram),
    "api": channels.create_channel(None, platform="api", name="Shop", state="live",
                                   config={"callback_url": given["callback"]},
                                   secrets_given={"callback_secret": "s"}),
    "mail": channels.create_channel(None, platform="email", name="Mail", state="live",
                                    config=mail, secrets_given={"password": given["password"]}),
}
answer = {name: [channel.pk, channel.key] for name, channel in made.items()}
"""
_RETRY = """
from tradewind.inbox.models import Message
from tradewind.journey import reply
for message_id in given:
    reply.retry(operator(), Message.objects.get(pk=message_id))
"""
# Each must find nothing.
_WRONGS = {
    "messages counted wrongly": "SELECT c.id, c.message_count, count(m.id) FROM inbox_conversation"
    " c LEFT JOIN inbox_message m ON m.conversation_id = c.id GROUP BY c.id"
    " HAVING c.message_count <> count(m.id)",
    "conversations without a message": "SELECT id FROM inbox_conversation c WHERE NOT EXISTS"
    " (SELECT 1 FROM inbox_message m WHERE m.conversation_id = c.id)",
    "keys without a conversation": "SELECT key FROM inbox_threadkey k WHERE NOT EXISTS"
    " (SELECT 1 FROM inbox_conversation c WHERE c.id = k.conversation_id)",
    "deliveries that are not applied": "SELECT id, state, error FROM channels_delivery"
    " WHERE state <> 'applied'",
    "messages without a reading": "SELECT id FROM inbox_message m WHERE direction = 'in'"
    " AND NOT EXISTS (SELECT 1 FROM triage_reading r WHERE r.message_id = m.id)",
    "messages that search does not know": "SELECT id FROM inbox_message m WHERE NOT EXISTS"
    " (SELECT 1 FROM inbox_searchtext s WHERE s.message_id = m.id)",
    "messages still pending": "SELECT message_id FROM inbox_pending",
    "a last message that is not the last": "SELECT c.id FROM inbox_conversation c WHERE"
    " c.last_message_at <> (SELECT max(sent_at) FROM inbox_message m"
    " WHERE m.conversation_id = c.id)",
}


@dataclass
class World:
    """A desk, what surrounds it, and what happened."""

    desk: Desk
    dovecot: Dovecot
    callback: Arrivals
    smtp: Arrivals
    channels: dict[str, tuple[int, str]]
    token: str
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    # Idempotency key to message id.
    replies: dict[str, int] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        dovecot = stack.enter_context(running_dovecot())
        callback_url, callback = stack.enter_context(callback_sink())
        smtp_port, smtp = stack.enter_context(mail_sink())
        desk = stack.enter_context(crash_desk(TRADEWIND_WORKERS="2"))
        given = {"imap": dovecot.port, "smtp": smtp_port, "user": USER, "password": PASSWORD}
        channels = inside(desk, _CHANNELS, given | {"secret": "s3cret", "callback": callback_url})
        token = desk.token("messages:write", "replies:write")
        yield World(desk, dovecot, callback, smtp, channels, token)


def test_nothing_is_lost_and_nothing_comes_twice(world: World) -> None:
    begun = time.monotonic()
    letters = mails(MAILS)
    senders = _senders(world, [letter for _, letter in letters])
    writer = threading.Thread(target=_write_replies, args=(world,), daemon=True)
    for thread in [*senders, writer]:
        thread.start()
    _kill_while(world, [*senders, writer])
    quiet = time.monotonic()
    assert not world.acknowledged.failures, told(world.desk, str(world.acknowledged.failures[:5]))
    _settled(world, {name for name, _ in letters})
    _nothing_lost(world, {name for name, _ in letters})
    for what, statement in _WRONGS.items():
        assert not (found := query(world.desk, statement)), f"{what}: {len(found)}, {found[:5]}"
    unsure = _replies_went_out_once(world)
    assert "deadlock detected" not in embedded_cluster(world.desk.home).log.read_text()
    print(  # noqa: T201  # the figures of this run
        f"\ncrash: {HOOKS + SINGLES + BATCHED + MAILS} messages and {len(world.replies)} replies"
        f" in {quiet - begun:.0f} s under {sum(world.kills.values())} kills {world.kills};"
        f" all settled after {time.monotonic() - begun:.0f} s; answers"
        f" {world.acknowledged.statuses}; {unsure} replies unsure"
    )


def _senders(world: World, letters: Sequence[bytes]) -> list[threading.Thread]:
    posts = hook_posts(world.channels["hook"][1], "s3cret", HOOKS)
    api_key = world.channels["api"][1]
    singles = api_posts(world.token, api_key, SINGLES, size=1, prefix="single")
    batches = api_posts(world.token, api_key, BATCHED, size=50, prefix="batch")
    shares = [(posts[n::4], 0.04) for n in range(4)]
    shares += [(singles[n::3], 0.04) for n in range(3)]
    shares += [(batches[n::2], 0.6) for n in range(2)]
    made: list[threading.Thread] = [
        Sender(world.desk.url, share, world.acknowledged, pause=pause, seed=SEED + n)
        for n, (share, pause) in enumerate(shares)
    ]
    return [*made, Postman(world.dovecot, USER, letters, pause=0.3)]


def _write_replies(world: World) -> None:
    """Answers through the API, each repeated under its key until it is acknowledged."""
    with httpx.Client(base_url=world.desk.url, timeout=10, trust_env=False) as client:
        for channel, count in (("api", API_REPLIES // 2), ("mail", MAIL_REPLIES)) * 1 + (
            ("api", API_REPLIES - API_REPLIES // 2),
        ):
            for n, conversation in enumerate(_conversations(world, channel, count)):
                key = f"{channel}-{len(world.replies)}"
                headers = {"Authorization": f"Bearer {world.token}", "Idempotency-Key": key}
                body = orjson.dumps({"text": f"We look into it, number {n}."})
                path = f"/api/v1/conversations/{conversation}/replies"
                post = Post(path, body, headers | {"Content-Type": "application/json"}, "", ())
                answer = until_acknowledged(client, post, world.acknowledged)
                if answer is not None:
                    world.replies[key] = answer.json()["id"]
                time.sleep(0.1)


def _conversations(world: World, channel: str, count: int) -> list[int]:
    statement = "SELECT id FROM inbox_conversation WHERE channel_id = %s ORDER BY id LIMIT %s"

    def enough() -> list[tuple[int]]:
        found = query(world.desk, statement, world.channels[channel][0], count)
        return found if len(found) == count else []

    rows = wait_for(world.desk, enough, f"{count} conversations on {channel}", seconds=60)
    return [row[0] for row in rows]


def _kill_while(world: World, busy: Sequence[threading.Thread]) -> None:
    """kill -9 of one part after another, in turn and at random, until the senders are done.

    What is still coming up is mostly left to: else a slow machine would never get anywhere.
    """
    victims, dice = Victims(world.desk), random.Random(SEED)
    parts = {
        "worker": lambda: victims.workers()[: dice.randint(1, 2)],
        "web worker": victims.web_workers,
        "database": victims.postmaster,
        "web": victims.web,
        "database backend": lambda: victims.backends()[:1],
    }
    turns = list(parts)
    begun = time.monotonic()
    while left := [repr(thread) for thread in busy if thread.is_alive()]:
        assert time.monotonic() < begun + DONE_SECONDS, told(world.desk, f"never done: {left}")
        time.sleep(dice.uniform(1.0, 2.0))
        if time.monotonic() > begun + KILL_SECONDS or not (_is_up(world) or dice.random() < 0.4):
            continue
        name = turns.pop(0) if turns else dice.choice(list(parts))
        world.kills[name] = world.kills.get(name, 0) + kill(parts[name]())


def _is_up(world: World) -> bool:
    try:
        return httpx.get(f"{world.desk.url}/readyz", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _settled(world: World, letters: set[str]) -> None:
    """Everything has come to its end, as far as it does by itself."""
    sent = world.acknowledged.total() + len(letters)

    def in_and_done() -> bool:
        statement = (
            "SELECT (SELECT count(*) FROM inbox_message WHERE direction = 'in'),"
            " (SELECT count(*) FROM channels_delivery WHERE state = 'waiting'),"
            " (SELECT count(*) FROM inbox_pending),"
            " (SELECT count(*) FROM inbox_outgoing WHERE state = 'queued')"
        )
        [(there, waiting, pending, queued)] = query(world.desk, statement)
        if (there, waiting, pending, queued) == (sent, 0, 0, 0):
            return True
        raise OSError(f"{there} of {sent} there, {waiting=} {pending=} {queued=}")

    wait_for(world.desk, in_and_done, "everything settled", seconds=60)


def _nothing_lost(world: World, letters: set[str]) -> None:
    for name, wanted in (world.acknowledged.ids | {"mail": letters}).items():
        rows = query(
            world.desk,
            "SELECT external_id, count(*) FROM inbox_message WHERE channel_id = %s"
            " AND direction = 'in' GROUP BY 1",
            world.channels[name][0],
        )
        found = {id_.strip("<>"): n for id_, n in rows}
        lost = wanted - found.keys()
        assert not lost, told(world.desk, f"{name}: {len(lost)} lost, {sorted(lost)[:5]}")
        assert not [id_ for id_, n in found.items() if n != 1], f"{name}: some came twice"


def _replies_went_out_once(world: World) -> int:
    """No reply twice at its sink; what is unsure and not there is sent once more, then it is."""
    assert len(world.replies) == API_REPLIES + MAIL_REPLIES
    # Whoever was sending died; nobody waits ten minutes in a test.
    change(
        world.desk,
        "UPDATE inbox_outgoing SET next_try_at = now() - interval '1 s' WHERE state = 'sending'",
    )
    statement = "SELECT count(*) FROM inbox_outgoing WHERE state IN ('queued', 'sending')"
    wait_for(world.desk, lambda: query(world.desk, statement) == [(0,)], "no reply under way")
    rows = query(
        world.desk,
        "SELECT m.id, o.state, CASE WHEN m.channel_id = %s THEN m.headers->>'message_id'"
        " ELSE o.idempotency_key END FROM inbox_outgoing o JOIN inbox_message m"
        " ON m.id = o.message_id",
        world.channels["mail"][0],
    )
    assert sorted(row[0] for row in rows) == sorted(world.replies.values())
    arrived = world.callback.counts() | world.smtp.counts()
    assert not [row for row in rows if row[1] not in ("accepted", "unsure")], rows
    assert not [row for row in rows if row[1] == "accepted" and row[2] not in arrived]
    unsure = [row for row in rows if row[1] == "unsure"]
    missing = [(id_, key) for id_, _, key in unsure if key not in arrived]
    inside(world.desk, _RETRY, [id_ for id_, _ in missing]) if missing else None

    def all_there() -> bool:
        return {row[2] for row in rows} <= (world.callback.counts() | world.smtp.counts()).keys()

    wait_for(world.desk, all_there, "the replies sent again are there")
    twice = {key: n for key, n in (world.callback.counts() | world.smtp.counts()).items() if n != 1}
    assert not twice, f"sent twice: {twice}"
    return len(unsure)
