"""Polls follow pages, stop hard, and go on where they stood."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.channels.connector_fakes import Asked, egress, platform
from tradewind.channels.connector.errors import PollFailed
from tradewind.channels.connector.loading import connectors, load_connector
from tradewind.channels.connector.polling import PollPage, poll
from tradewind.channels.contract import Account

NOW = datetime(2026, 10, 14, 8, 30, tzinfo=UTC)
SECRETS = {"bot_token": "110201543:AAHdqTcvCH1vGW", "access_token": "shpat_0123456789"}


def connector(paging: str, *, query: str = "", extra: str = ""):
    return load_connector(f"""
format = 1
platform = "p"
base_url = "https://{{account.host}}/v1"
[[poll]]
name = "orders"
request = {{ method = "GET", path = "/orders", query = {{ {query} }} }}
paging = {{ {paging} }}
{extra}
[[poll.event]]
kind = "order"
each = [["o", "body.orders"]]
[poll.event.fields]
id = "=o.id"
""")


def run(what, answer, state=None, **changes) -> tuple[list[PollPage], list[Asked]]:
    """The pages of one run and what was asked."""
    with platform(answer) as fake, egress(now=lambda: NOW, **changes) as way:
        config = {"host": "x.example", "shop": "x.example", "api_version": "2026-10"}
        account = Account("a", what.platform, {**config, "api_origin": fake.origin}, SECRETS)
        return list(poll(what, account, state or {}, way.client, egress=way)), fake.asked


def query(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}


def ids(pages: list[PollPage]) -> list[str]:
    return [event.id for page in pages for event in page.events]


def orders(*numbers: int, **more) -> tuple[int, dict]:
    return 200, {"orders": [{"id": number} for number in numbers], **more}


CURSOR = 'style = "cursor", next = "next"'


def test_cursor_pages_are_followed_to_the_end():
    pages = {None: orders(1, 2, next="b"), "b": orders(3, next="c"), "c": orders(4, next="")}
    found, asked = run(connector(CURSOR, query='c = "=cursor"'), lambda a: pages[query(a).get("c")])
    assert ids(found) == ["1", "2", "3", "4"]
    assert [page.is_last for page in found] == [False, False, True]
    assert [query(a).get("c") for a in asked] == [None, "b", "c"]
    assert found[-1].state == {"watermark": "2026-10-14T08:30:00Z"}
    assert len({page.dedupe_key for page in found}) == 3


@pytest.mark.parametrize("cycle", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_cursor_that_comes_again_stops_the_run(cycle):
    asked_for = iter(range(1000))
    found, _ = run(
        connector(CURSOR, query='c = "=cursor"'),
        lambda a: orders(1, next=cycle[next(asked_for) % len(cycle)]),
    )
    assert len(found) <= len(cycle) + 1


def test_a_platform_without_end_is_left_after_max_pages_and_gone_on_with():
    counter = iter(range(1000))
    what = connector(CURSOR + ", max_pages = 3", query='c = "=cursor"')
    found, asked = run(what, lambda a: orders(1, next=f"n{next(counter)}"))
    assert len(found) == len(asked) == 3
    assert found[-1].is_last
    _, again = run(what, lambda a: orders(9), found[-1].state)
    assert query(again[0])["c"] == "n2"


def test_a_spent_time_budget_ends_the_run():
    counter = iter(range(1000))
    what = connector(CURSOR, query='c = "=cursor"')
    found, _ = run(what, lambda a: orders(1, next=f"n{next(counter)}"), poll_budget_s=0)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("paging", "ask", "names"),
    [
        ('style = "page", first = 0, more = "more"', 'p = "=page0"', ["0", "1", "2"]),
        ('style = "page", first = 1, more = "more"', 'p = "=page"', ["1", "2", "3"]),
        ('style = "offset", size = 10, total = "total"', 'p = "=offset"', ["0", "10", "20"]),
    ],
)
def test_counted_pages(paging, ask, names):
    counter = iter([True, True, False])
    found, asked = run(
        connector(paging, query=ask), lambda a: orders(1, more=next(counter), total=25)
    )
    assert [query(a)["p"] for a in asked] == names
    assert found[-1].is_last


def test_a_next_address_is_followed_on_known_hosts_only():
    what = connector('style = "next_url", next = "next"')

    def answer(asked: Asked):
        return orders(2) if "token=2" in asked.path else orders(1, next="/v1/orders?token=2&x=a+b")

    found, asked = run(what, answer)
    assert ids(found) == ["1", "2"]
    assert asked[1].path == "/v1/orders?token=2&x=a+b"
    with pytest.raises(PollFailed, match=r"evil\.example is none that the connector names"):
        run(what, lambda a: orders(1, next="http://evil.example/v1/orders"))


def test_a_next_address_that_stays_the_same_ends_the_run():
    found, _ = run(
        connector('style = "next_url", next = "next"'), lambda a: orders(1, next="/v1/orders?a=1")
    )
    assert len(found) == 2


def test_a_ready_query_string_is_used_as_it_is():
    what = connector('style = "next_query", next = "meta.nextCursor"', query='limit = "1"')

    def answer(asked: Asked):
        more = {} if "soIndex" in asked.path else {"nextCursor": "?limit=1&soIndex=1&poIndex=2"}
        return orders(1, meta=more)

    _, asked = run(what, answer)
    assert [a.path for a in asked] == [
        "/v1/orders?limit=1",
        "/v1/orders?limit=1&soIndex=1&poIndex=2",
    ]


def test_a_link_header_is_followed():
    what = connector('style = "link_header"')

    def answer(asked: Asked):
        if "page=2" in asked.path:
            return orders(2)
        link = '</v1/orders?page=1>; rel="prev", </v1/orders?page=2>; rel="next"'
        return (*orders(1), {"Link": link})

    assert ids(run(what, answer)[0]) == ["1", "2"]


MARK = 'watermark = { from = "orders[].at", overlap_s = 60 }'


def test_the_watermark_moves_only_at_the_end_and_overlaps():
    what = connector(CURSOR, query='c = "=cursor", since = "=watermark_iso"', extra=MARK)
    pages = {
        None: (200, {"orders": [{"id": 1, "at": "2026-10-14T05:00:00Z"}], "next": "b"}),
        "b": (200, {"orders": [{"id": 2, "at": 1791957600}], "next": None}),
    }
    start = {"watermark": "2026-10-14T01:00:00Z"}
    found, asked = run(what, lambda a: pages[query(a).get("c")], start)
    assert {query(a)["since"] for a in asked} == {"2026-10-14T00:59:00Z"}
    assert found[0].state["watermark"] == "2026-10-14T01:00:00Z"
    assert found[1].state == {"watermark": "2026-10-14T06:00:00Z"}
    _, asked = run(what, lambda a: orders(), found[1].state)
    assert query(asked[0])["since"] == "2026-10-14T05:59:00Z"


def test_a_time_far_ahead_does_not_move_the_watermark():
    what = connector(CURSOR, query='since = "=watermark_iso"', extra=MARK)
    told = [{"id": 1, "at": "2026-10-14T05:00:00Z"}, {"id": 2, "at": "9999-12-31T00:00:00Z"}]
    found, _ = run(what, lambda a: (200, {"orders": told}))
    assert found[-1].state == {"watermark": "2026-10-14T05:00:00Z"}


def test_a_run_broken_off_goes_on_with_the_same_question():
    what = connector(CURSOR, query='c = "=cursor", since = "=watermark_iso"', extra=MARK)
    page = {"orders": [{"id": 1, "at": "2026-10-14T05:00:00Z"}], "next": "b"}
    with platform(lambda a: (200, page)) as fake, egress(now=lambda: NOW) as way:
        account = Account("a", "p", {"host": "x", "api_origin": fake.origin})
        first = next(poll(what, account, {}, way.client, egress=way))
    found, asked = run(what, lambda a: orders(2), first.state)
    assert query(asked[0]) == {"c": "b", "since": "2026-10-13T08:29:00Z"}
    assert found[0].state == {"watermark": "2026-10-14T05:00:00Z"}


def test_a_long_absence_is_asked_in_windows():
    what = connector(
        'style = "page", first = 0, more = "more"',
        query='a = "=watermark_s", b = "=now_s"',
        extra="window = { max_days = 15 }",
    )
    found, asked = run(what, lambda a: orders(1, more=False), {"watermark": "2026-09-01T08:30:00Z"})
    spans = [(int(query(a)["a"]), int(query(a)["b"])) for a in asked]
    assert [(b - a) / 86400 for a, b in spans] == [15, 15, 13]
    assert spans[-1][1] == int(NOW.timestamp())
    assert found[-1].state == {"watermark": "2026-10-14T08:30:00Z"}


def update(number: int) -> dict:
    chat = {"id": 5, "type": "private"}
    return {
        "update_id": number,
        "message": {"message_id": number, "chat": chat, "from": {"id": 5}, "date": 1790416800},
    }


def test_telegram_is_asked_by_long_poll_and_its_offset_is_kept():
    telegram = connectors()["telegram"]
    waiting = [update(10), update(11)]

    def answer(asked: Asked):
        offset = int(query(asked).get("offset", 0))
        return 200, {"ok": True, "result": [u for u in waiting if u["update_id"] >= offset]}

    found, asked = run(telegram, answer)
    assert ids(found) == ["5:10", "5:11"]
    assert [query(a).get("offset") for a in asked] == [None, "12"]
    assert query(asked[0])["timeout"] == "50"
    assert found[-1].state["cursor"] == 12
    _, asked = run(telegram, answer, found[-1].state)
    assert [query(a)["offset"] for a in asked] == ["12"]


def test_a_page_that_cannot_be_mapped_is_given_with_its_error():
    found, _ = run(connector('style = "single"'), lambda a: (200, {"orders": [{"name": "x"}]}))
    assert found[0].error == "The order from p has no id."
    assert found[0].raw.startswith(b'{"orders"')
    assert not found[0].events


@pytest.mark.parametrize(
    ("answer", "told", "wait"),
    [
        ((429, {}, {"Retry-After": "30"}), "slow down", 30),
        ((500, b"boom 110201543:AAHdqTcvCH1vGW"), "HTTP 500: boom •••", None),
        ((200, {"ok": False, "description": "Unauthorized"}), "the platform refused", None),
        ((200, b"<html>"), "the platform refused", None),
        ((301, b"", {"Location": "http://127.0.0.1:9"}), "HTTP 301", None),
    ],
)
def test_what_is_no_page_is_said_without_secrets(answer, told, wait):
    with pytest.raises(PollFailed, match=told) as caught:
        run(connectors()["telegram"], lambda a: answer)
    assert caught.value.retry_after == wait
    assert "AAHdq" not in str(caught.value)


def test_shopify_throttles_inside_a_good_answer():
    answer = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
    with pytest.raises(PollFailed, match="slow down"):
        run(connectors()["shopify"], lambda a: (200, answer))


def test_shopify_orders_are_asked_by_graphql():
    answer = {"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False}}}}
    _, (asked,) = run(
        connectors()["shopify"], lambda a: (200, answer), {"watermark": "2026-10-14T08:00:00Z"}
    )
    assert asked.path == "/admin/api/2026-10/graphql.json"
    assert asked.headers["x-shopify-access-token"] == "shpat_0123456789"
    assert asked.json["variables"] == {"q": "updated_at:>='2026-10-14T07:55:00Z'"}
    assert "orders(first: 20, after: $c" in asked.json["query"]
