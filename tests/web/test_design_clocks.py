"""Clocks and times as they are drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from tradewind.web.parts.clocks import ClockFace, duration_text, read_clock
from tradewind.web.parts.times import ago_text, day_heading

NOW = datetime(2026, 11, 24, 8, 40, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=59), "0m"),
        (timedelta(minutes=24), "24m"),
        (timedelta(hours=3), "3h"),
        (timedelta(hours=1, minutes=5), "1h 05m"),
        (timedelta(days=1, hours=4, minutes=50), "1d 4h"),
        (timedelta(days=2, minutes=3), "2d"),
        (-timedelta(minutes=100), "1h 40m"),
    ],
)
def test_a_length_of_time_is_said_in_two_units(span: timedelta, text: str) -> None:
    assert duration_text(span) == text


@pytest.mark.parametrize(
    ("left", "face"),
    [
        (hours(23), ClockFace("", 4, "23h")),
        (hours(12), ClockFace("", 2, "12h")),
        (hours(6), ClockFace("near", 1, "6h")),
        (hours(0), ClockFace("near", 0, "0m")),
        (-hours(0.5), ClockFace("over", 0, "+30m")),
    ],
)
def test_a_clock_of_a_day_is_near_in_its_last_quarter(left: timedelta, face: ClockFace) -> None:
    due = NOW + left
    assert read_clock(due, now=NOW, start=due - hours(24)) == face


def test_a_clock_without_a_start_is_near_in_its_last_hour() -> None:
    assert read_clock(NOW + hours(1), now=NOW).state == "near"
    assert read_clock(NOW + hours(1.1), now=NOW).state == ""


def drawn(source: str, **values: object) -> str:
    return Template("{% load parts %}" + source).render(Context({"now": NOW, **values}))


def test_the_tile_says_whose_clock_it_is_also_to_a_screen_reader() -> None:
    html = drawn('{% clock "platform" due now=now title="24 h <b>" %}', due=NOW + hours(3))
    assert "clock--platform" in html
    assert '<span class="vh">Platform deadline: 24 h &lt;b&gt; </span>' in html
    assert f'data-due="{(NOW + hours(3)).isoformat()}"' in html


def test_a_clock_that_was_met_no_longer_runs() -> None:
    html = drawn('{% clock "company" due met=True now=now %}', due=NOW - hours(3))
    assert "is-met" in html
    assert "data-due" not in html


def test_no_deadline_draws_nothing() -> None:
    assert drawn('{% clock "company" None %}') == ""


def test_an_unknown_owner_is_named_in_the_error() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"'seller'.*'platform' or 'company'"):
        drawn('{% clock "seller" due %}', due=NOW)


@pytest.mark.parametrize(
    ("since", "text"),
    [
        (timedelta(seconds=5), "now"),
        (-hours(1), "now"),
        (timedelta(minutes=52), "52m"),
        (hours(20), "20h"),
        (timedelta(days=3), "3d"),
        (timedelta(days=30), "25 Oct"),
        (timedelta(days=400), "20 Oct 2025"),
    ],
)
def test_the_past_is_short(since: timedelta, text: str) -> None:
    with translation.override("en"):
        assert ago_text(NOW - since, now=NOW) == text


def test_today_and_yesterday_have_names() -> None:
    with translation.override("en"):
        assert day_heading(NOW, now=NOW) == "Today, Tue 24 Nov"
        assert day_heading(NOW - hours(24), now=NOW) == "Yesterday, Mon 23 Nov"
        assert day_heading(NOW - hours(72), now=NOW) == "Sat 21 Nov"
