from __future__ import annotations

import asyncio

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import Error, OperationalError, connection
from django.db.transaction import atomic
from psycopg_pool import AsyncConnectionPool

from tradewind.api.group_commit import GroupCommit
from tradewind.channels import deliveries, services
from tradewind.channels.contract import Receipt, SendStatus
from tradewind.channels.deliveries import Raw
from tradewind.channels.models import Delivery
from tradewind.core.troubles import is_passing
from tradewind.inbox import outgoing
from tradewind.inbox.models import Conversation, Direction, Message, SendState
from tradewind.journey import arrival, reply


def _raw(number: int) -> Raw:
    item = {"external_id": f"m-{number}", "from": {"email": "b@x.example"}, "text": "Where is it?"}
    return Raw(f"m-{number}", orjson.dumps(item))


@pytest.fixture
def channel(in_alices):
    return services.create_channel(None, platform="api", name="Shop", state="live")


@pytest.mark.parametrize(
    ("code", "passes"),
    [("53100", True), ("40P01", True), ("57P01", True), ("55P03", True), ("54000", False),
     ("22P05", False), ("23505", False)],
)  # fmt: skip
def test_only_what_may_succeed_unchanged_counts_as_passing(db, code, passes):
    with pytest.raises(Error) as caught, atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$")
    assert is_passing(caught.value) is passes


def _arrived(channel) -> Conversation:
    deliveries.accept(channel.pk, [_raw(1)], transport="api")
    assert arrival.apply_waiting() == 1
    return Conversation.objects.get()


def test_a_delivery_that_meets_a_full_disk_waits_and_is_not_failed(channel, monkeypatch):
    deliveries.accept(channel.pk, [_raw(1)], transport="api")

    def full(_batch):
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$")

    monkeypatch.setattr(arrival.record, "record", full)
    with pytest.raises(OperationalError):
        arrival.apply_waiting()
    assert Delivery.objects.get().state == "waiting"
    monkeypatch.undo()
    assert arrival.apply_waiting() == 1
    assert Delivery.objects.get().state == "applied"


def test_a_late_doubt_does_not_undo_what_the_platform_has_confirmed(channel, in_alices):
    message = reply.write(in_alices.alice, _arrived(channel), "It is on its way.")
    row = message.outgoing
    outgoing.claim_due()
    outgoing.note_result(row, Receipt(SendStatus.ACCEPTED, id="p-1"))
    outgoing.note_receipt(channel_id=channel.pk, platform_id="p-1", state="delivered")
    outgoing.note_result(row, Receipt(SendStatus.RETRY, error_code="stopped", uncertain=True))
    outgoing.note_result(row, Receipt(SendStatus.ACCEPTED, id="p-1"))
    row.refresh_from_db()
    assert row.state == SendState.DELIVERED


def test_a_reply_under_the_id_of_a_buyers_message_does_not_delete_it(channel, in_alices):
    conversation = _arrived(channel)
    message = reply.write(in_alices.alice, conversation, "It is on its way.")
    outgoing.claim_due()
    outgoing.note_result(message.outgoing, Receipt(SendStatus.ACCEPTED, id="m-1"))
    assert Message.objects.filter(direction=Direction.IN, external_id="m-1").count() == 1
    conversation.refresh_from_db()
    assert conversation.message_count == conversation.messages.count() == 2


def test_taking_back_counts_what_arrived_meanwhile(channel, in_alices):
    conversation = _arrived(channel)
    message = reply.write(in_alices.alice, conversation, "It is on its way.", hold=reply.UNDO)
    stale = Message.objects.select_related("conversation").get(pk=message.pk)
    Conversation.objects.filter(pk=conversation.pk).update(message_count=7)
    reply.take_back(in_alices.alice, stale)
    conversation.refresh_from_db()
    assert conversation.message_count == 6


@pytest.mark.django_db(transaction=False)
def test_a_repeat_that_meets_its_own_first_commit_is_answered(django_db_blocker, django_db_setup):
    """Two connections, really committed: a stranger's transaction has the key and ends late."""
    with psycopg.connect(_owner_url()) as setup:
        workspace, channel = _committed_channel(setup)
    try:
        found = asyncio.run(_accept_while_another_commits(workspace, channel))
        assert [one.is_new for one in found] == [False, True]
    finally:
        with psycopg.connect(_owner_url()) as setup:
            setup.execute("DELETE FROM channels_delivery WHERE channel_id = %s", [channel])
            setup.execute("DELETE FROM channels_channel WHERE id = %s", [channel])
            setup.execute("DELETE FROM identity_workspace WHERE id = %s", [workspace])


def _owner_url() -> str:
    return str(settings.ENV.database_url)


async def _accept_while_another_commits(workspace: int, channel: int):
    raws = [_raw(1), _raw(2)]
    async with AsyncConnectionPool(settings.APP_URL, min_size=1, open=False) as pool:
        first = await psycopg.AsyncConnection.connect(settings.APP_URL)
        await first.execute("SELECT set_config('tradewind.workspace', %s, false)", [str(workspace)])
        params = deliveries.accept_params(workspace, channel, "api", raws[:1])
        await first.execute(deliveries.ACCEPT, params)
        commit = GroupCommit(pool)
        second = asyncio.create_task(
            commit.accept(workspace_id=workspace, channel_id=channel, transport="api", raws=raws)
        )
        await asyncio.sleep(0.3)
        assert not second.done()
        await first.commit()
        await first.close()
        return await asyncio.wait_for(second, 10)


def _committed_channel(setup: psycopg.Connection) -> tuple[int, int]:
    def defaults(table: str, **values: object) -> int:
        columns = setup.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
            " AND is_nullable = 'NO' AND column_name <> 'id' AND column_default IS NULL",
            [table],
        ).fetchall()
        empty = {"integer": 0, "smallint": 0, "bigint": 0, "boolean": False, "bytea": b"",
                 "jsonb": "{}", "ARRAY": [], "timestamp with time zone": "now"}  # fmt: skip
        row = {name: empty.get(kind, "x") for name, kind in columns} | values
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id"
        return int(setup.execute(statement, list(row.values())).fetchone()[0])

    workspace = defaults("identity_workspace")
    return workspace, defaults("channels_channel", workspace_id=workspace, key="crash-race")
