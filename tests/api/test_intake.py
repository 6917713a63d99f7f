"""POST /messages through both its doors: the native one before Django, and Django's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from tests.api.conftest import Program, token_in
from tests.api.root import Post, through_root
from tests.journey_helpers import api_item
from tradewind.channels.models import Channel, Delivery
from tradewind.identity import services as identity
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message
from tradewind.journey import arrival

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Any]
PATH = "/api/v1/messages"


@pytest.fixture(params=["native", "django"])
def post(request, cast) -> Ask:
    """Post bodies with a token of Alice's (or the one given), one after another.

    Answers (status, headers, JSON) of the only one, or of each.
    """
    own = token_in(cast.workspace, "messages:write").secret

    def ask(*bodies: Any, secret: str | None = own) -> Any:
        given = [body if isinstance(body, bytes) else orjson.dumps(body) for body in bodies]
        if request.param == "native":
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            answers = through_root([Post(PATH, body, headers) for body in given])
        else:
            answers = [Program(secret).post("/messages", body) for body in given]
        told = [(answer.status_code, answer.headers, answer.json()) for answer in answers]
        return told if len(told) > 1 else told[0]

    return ask


@pytest.fixture
def stored(cast) -> Iterator[Callable[[], int]]:
    def count() -> int:
        with in_workspace(cast.workspace.pk):
            return Delivery.objects.count()

    return count


def test_messages_are_safe_then_shown(post, stored, cast):
    status, headers, told = post([api_item("m1"), api_item("m2", conversation="c")])
    assert status == 202
    assert (told["accepted"], told["duplicates"]) == (2, 0)
    assert [item["external_id"] for item in told["items"]] == ["m1", "m2"]
    assert headers["RateLimit-Limit"]
    assert stored() == 2
    with in_workspace(cast.workspace.pk):
        assert set(Delivery.objects.values_list("id", flat=True)) == {
            item["delivery"] for item in told["items"]
        }
        while arrival.apply_waiting():
            pass
        assert Message.objects.count() == 2


def test_a_message_handed_in_again_is_a_duplicate(post, stored):
    first = post(api_item("m1", "first"))[2]
    again = post([api_item("m1", "second"), api_item("m2"), api_item("m2")])[2]
    assert (again["accepted"], again["duplicates"]) == (1, 2)
    assert again["items"][0] == first["items"][0]
    assert stored() == 2


def test_the_first_of_two_with_one_name_is_the_one_that_stays(post, cast):
    post([api_item("m1", "first", conversation="c"), api_item("m1", "second", conversation="c")])
    with in_workspace(cast.workspace.pk):
        while arrival.apply_waiting():
            pass
        assert Message.objects.get().text == "first"


def test_a_message_goes_to_the_channel_it_names(post, cast):
    with in_workspace(cast.workspace.pk):
        Channel.objects.create(key="ch_a", platform="api", name="API", state="live")
        named = Channel.objects.create(key="ch_b", platform="api", name="B", state="live")
    post([api_item("m1", channel="ch_b"), api_item("m2")])
    with in_workspace(cast.workspace.pk):
        assert Delivery.objects.filter(channel=named).count() == 1
        assert Delivery.objects.exclude(channel=named).get().channel.name == "API"


WRONG: list[tuple[Any, int]] = [
    (b"", 400), (b"{", 400), (b"not json", 400), (b"\xff\xfe\x00", 400), (b"null", 422),
    (b'{"external_id": "\\ud800"}', 400), (b"[" * 100_000, 400), (b"7", 422), (b'"x"', 422),
    (b"[]", 422), (b"{}", 422), ([api_item("ok"), {}], 422), ([api_item("ok"), None], 422),
    ([api_item(str(n)) for n in range(1001)], 422), (api_item("a\x00b"), 422),
    (api_item("m", conversation="\x00"), 422), (api_item("m", channel="\x00"), 422),
    (api_item("m", channel="nowhere"), 422), (api_item("x" * 201), 422), (api_item(""), 422),
    (api_item("m", 7), 422), (api_item("m", "x" * 1_000_001), 422), (api_item("m", None), 422),
    (api_item("m", sent_at="yesterday"), 422), (api_item("m", sent_at="2026-01-01"), 422),
    (api_item("m", sent_at="0001-01-01T00:00:00Z"), 422),
    (api_item("m", sent_at="0001-01-01T00:00:00+02:00"), 422),
    (api_item("m", sent_at="9999-12-31T23:59:59-02:00"), 422),
    (api_item("m", order=["A"]), 422), ({"external_id": "m", "text": "x", "from": "me"}, 422),
    ({"external_id": "m", "text": "x", "from": {"email": "a\x00@b.c"}}, 422),
    (b'"' + b"x" * 33_600_000 + b'"', 413),
]  # fmt: skip


def test_a_body_that_is_wrong_is_told_so_and_nothing_of_it_kept(post, stored):
    answers = post(*[body for body, _ in WRONG])
    told = [(got, headers["Content-Type"]) for got, headers, _ in answers]
    assert told == [(status, "application/problem+json") for _, status in WRONG]
    assert all(problem["detail"] and problem["status"] == got for got, _, problem in answers)
    assert stored() == 0


def test_odd_letters_are_taken_and_shown_without_harm(post, cast):
    text = "a\x00b \u202eevil\u200b <script>alert(1)</script> " + "x" * 200_000
    assert post(api_item("m1", text))[0] == 202
    with in_workspace(cast.workspace.pk):
        while arrival.apply_waiting():
            pass
        assert "\x00" not in Message.objects.get().text


@pytest.mark.parametrize("secret", [None, "tw_wrong", "a" * 5000])
def test_without_a_token_nothing_is_taken(post, stored, secret):
    status, headers, told = post(api_item("m1"), secret=secret)
    assert (status, headers["WWW-Authenticate"], told["status"]) == (401, "Bearer", 401)
    assert stored() == 0


def test_a_token_for_something_else_is_refused(post, stored, cast):
    other = token_in(cast.workspace, "triage", "replies:write", "conversations:read").secret
    status, headers, told = post(api_item("m1"), secret=other)
    assert (status, told["right"]) == (403, "messages:write")
    assert headers["Content-Type"] == "application/problem+json"
    assert stored() == 0


def test_a_revoked_token_is_refused(post, stored, cast):
    made = token_in(cast.workspace)
    with in_workspace(cast.workspace.pk):
        identity.revoke_token(cast.alice, made.token.pk)
    assert post(api_item("m1"), secret=made.secret)[0] == 401
    assert stored() == 0


def test_a_strangers_message_stays_with_the_stranger(post, stored, cast):
    theirs = token_in(cast.other, "messages:write").secret
    with in_workspace(cast.workspace.pk):
        Channel.objects.create(key="ch_alices", platform="api", name="API", state="live")
    assert post(api_item("m1", channel="ch_alices"), secret=theirs)[0] == 422
    assert post(api_item("m1"), secret=theirs)[0] == 202
    assert stored() == 0


def test_many_at_once_share_commits_and_each_gets_its_own_answer(cast, stored):
    secret = token_in(cast.workspace, "messages:write").secret
    headers = {"Authorization": f"Bearer {secret}"}
    bodies = [
        Post(PATH, orjson.dumps([api_item(f"m{n}"), api_item(f"m{n // 2}")]), headers)
        for n in range(40)
    ]
    answers = [answer.json() for answer in through_root(bodies)]
    assert sum(answer["accepted"] for answer in answers) == stored() == 40
    for number, answer in enumerate(answers):
        names = [item["external_id"] for item in answer["items"]]
        assert names == [f"m{number}", f"m{number // 2}"]
    ids: dict[str, set[int]] = {}
    for answer in answers:
        for item in answer["items"]:
            ids.setdefault(item["external_id"], set()).add(item["delivery"])
    assert all(len(each) == 1 for each in ids.values())
