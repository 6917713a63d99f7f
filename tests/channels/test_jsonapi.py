"""Items of the JSON API: what is not of the promised form is refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tradewind.channels.contract import MappingFailed
from tradewind.channels.jsonapi import BadItem, check_item, event_of


def _item(sent_at: object) -> dict[str, object]:
    return {"external_id": "m", "from": {"id": "b"}, "text": "x", "sent_at": sent_at}


@pytest.mark.parametrize(
    "sent_at",
    [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "1979-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        timedelta(days=400),
    ],
)
def test_a_time_that_cannot_be_one_is_refused_with_what_was_got_and_wanted(sent_at):
    if isinstance(sent_at, timedelta):
        sent_at = (datetime.now(UTC) + sent_at).isoformat()
    with pytest.raises(BadItem) as refused:
        check_item(_item(sent_at))
    assert f"sent_at: got '{sent_at[:40]}', wanted a time from 1980 to" in str(refused.value)
    with pytest.raises(MappingFailed):
        event_of(orjson.dumps(_item(sent_at)))


@pytest.mark.parametrize(
    "sent_at", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00", "2026-11-01T10:00:00", 7]
)
def test_what_is_no_time_with_a_zone_is_refused(sent_at):
    with pytest.raises(BadItem, match="wanted ISO 8601 with a time zone"):
        check_item(_item(sent_at))


def test_old_messages_of_an_archive_are_taken():
    event = event_of(orjson.dumps(_item("1998-03-01T12:00:00+01:00")))
    assert event.fields["sent_at"] == "1998-03-01T11:00:00+00:00"
