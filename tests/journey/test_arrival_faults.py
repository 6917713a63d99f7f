"""Whatever breaks, the queue goes on: the others are shown, the broken one is named and kept."""

from __future__ import annotations

import errno
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection

from tests.journey_helpers import api_item, hand_in, mail_in
from tradewind.channels.models import Channel, Delivery
from tradewind.identity.scope import current_workspace_id, in_workspace
from tradewind.inbox.models import Message
from tradewind.journey import arrival, files


@pytest.fixture
def channel(in_alices):
    return Channel.objects.create(key="ch_api", platform="api", name="API", state="live")


@pytest.fixture
def theirs(channel, cast):
    """A channel of a workspace that is reached after Alice's."""
    assert cast.other.pk > channel.workspace_id
    with in_workspace(cast.other.pk):
        return Channel.objects.create(key="ch_other", platform="api", name="API", state="live")


def _break_on(monkeypatch, word: str, error: Exception) -> None:
    whole = arrival.record.record

    def breaking(arrived):
        if any(word in a.text for a in arrived):
            raise error
        return whole(arrived)

    monkeypatch.setattr(arrival.record, "record", breaking)


def _states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("dedupe_key", "state"))


@pytest.mark.parametrize(
    "sent_at", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59Z"]
)
def test_a_time_out_of_range_stops_neither_its_workspace_nor_another(channel, theirs, sent_at):
    # Stored before such a time was refused at the door.
    hand_in(channel, api_item("m1"), api_item("m2", sent_at=sent_at), api_item("m3"))
    hand_in(theirs, api_item("t1"))
    assert arrival.apply_waiting() == 4
    assert _states() == {"m1": "applied", "m2": "failed", "m3": "applied"}
    assert f"sent_at: got '{sent_at}', wanted" in Delivery.objects.get(state="failed").error
    with in_workspace(theirs.workspace_id):
        assert _states() == {"t1": "applied"}


def test_a_fault_in_the_program_fails_its_delivery_alone_and_can_be_replayed(
    channel, theirs, monkeypatch
):
    _break_on(monkeypatch, "poison", OverflowError("date value out of range"))
    hand_in(channel, api_item("m1"), api_item("m2", "poison"), api_item("m3"))
    hand_in(theirs, api_item("t1"))
    assert arrival.apply_waiting() == 4
    assert _states() == {"m1": "applied", "m2": "failed", "m3": "applied"}
    failed = Delivery.objects.get(state="failed")
    assert "OverflowError: date value out of range" in failed.error
    with in_workspace(theirs.workspace_id):
        assert _states() == {"t1": "applied"}
    monkeypatch.undo()
    Delivery.objects.filter(pk=failed.pk).update(state="waiting")
    assert arrival.apply_waiting() == 1
    assert Message.objects.filter(text="poison").count() == 1


@pytest.mark.parametrize(
    "told", ["", "nul \x00 and half a letter \ud83d", "x" * 5_000], ids=["none", "odd", "long"]
)
def test_a_reason_is_kept_whatever_it_says(channel, monkeypatch, told):
    _break_on(monkeypatch, "poison", RuntimeError(told))
    # What pytest captures goes to another process, which takes no half letters.
    monkeypatch.setattr(arrival, "log", Mock())
    hand_in(channel, api_item("m1", "poison"))
    assert arrival.apply_waiting() == 1
    assert Delivery.objects.get().error.startswith("could not be applied (RuntimeError: ")


def test_what_the_database_refuses_only_at_the_end_is_one_deliverys_failure(channel, monkeypatch):
    whole = arrival.live.tell

    def tell(kind, touched):
        whole(kind, touched)
        if Message.objects.filter(text="poison").exists():
            with connection.cursor() as cursor:
                cursor.execute("UPDATE inbox_message SET author_id = 2147483647")

    monkeypatch.setattr(arrival.live, "tell", tell)
    hand_in(channel, api_item("m1", "poison"), api_item("m2"))
    with in_workspace(channel.workspace_id):
        assert arrival._apply_singly(10) == 2
    assert _states() == {"m1": "failed", "m2": "applied"}


def test_a_full_disk_in_one_workspace_keeps_no_other_waiting(channel, theirs, monkeypatch):
    whole = arrival.record.record

    def full(arrived):
        if current_workspace_id() == channel.workspace_id:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$")
        return whole(arrived)

    monkeypatch.setattr(arrival.record, "record", full)
    hand_in(channel, api_item("m1"))
    hand_in(theirs, api_item("t1"))
    assert arrival.apply_waiting() == 1
    with in_workspace(theirs.workspace_id):
        assert _states() == {"t1": "applied"}
    with pytest.raises(OperationalError):
        arrival.apply_waiting()
    assert _states() == {"m1": "waiting"}


def test_a_mail_whose_files_find_no_room_waits_and_is_not_failed(in_alices, monkeypatch):
    mailbox = Channel.objects.create(
        key="ch_mail", platform="email", name="Mail", config={"address": "help@shop.example"}
    )
    raw = (
        b"From: a@b.example\r\nMessage-ID: <f@b.example>\r\nContent-Type: multipart/mixed;"
        b" boundary=z\r\n\r\n--z\r\n\r\nSee the picture.\r\n--z\r\nContent-Type: image/png\r\n"
        b"Content-Disposition: attachment; filename=a.png\r\n\r\npixels\r\n--z--\r\n"
    )

    class Full:
        def put(self, key, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "file_store", Full)
    with pytest.raises(OSError, match="No space left"):
        mail_in(mailbox, raw)
    assert Delivery.objects.get().state == "waiting"
    monkeypatch.undo()
    assert arrival.apply_waiting() == 1
    assert Delivery.objects.get().state == "applied"
