"""Who listens to a stream, and in which language its rows are rendered."""

from __future__ import annotations

import pytest
from django.test import Client

from tradewind.web.live_session import find_viewer

# Asked from a thread of its own in life, where a stale connection is closed first.
pytestmark = pytest.mark.django_db(transaction=True)


def _cookie(client: Client) -> str:
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.fixture
def bobs_cookie(cast) -> str:
    client = Client()
    client.force_login(
        cast.people.bob, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return _cookie(client)


def test_who_has_chosen_no_language_hears_the_browsers(bobs_cookie):
    assert find_viewer(bobs_cookie, accepts="zh-CN,zh;q=0.9,en;q=0.5").language == "zh-hans"
    assert find_viewer(bobs_cookie, accepts="fr").language == "en"


def test_a_language_chosen_counts_before_the_browsers(bobs_cookie, cast):
    cast.people.bob.language = "en"
    cast.people.bob.save()
    assert find_viewer(bobs_cookie, accepts="zh-CN").language == "en"


@pytest.mark.parametrize("cookie", ["", "sessionid=nobody", "other=1", "\x00=;;"])
def test_a_stranger_is_no_viewer(cookie):
    assert find_viewer(cookie) is None
