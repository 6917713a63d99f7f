"""Every address of the desk, asked by a stranger, another workspace, a reader and an agent.

The walk is computed from the resolver: a new address is covered by itself, and one that lets a
stranger in or whose parts nobody can fill fails here until it is told about in ``addresses.py``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.security.addresses import PUBLIC, SETTINGS_OF_ALL, Place, places
from tests.security.bodies import BODIES, OTHER_IDS, OWN_ROWS, WITHOUT_ROWS
from tests.security.world import MARK, changed, rows_of, signed_in
from tradewind.api.documents import schema
from tradewind.identity.models import Person, Workspace

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What every visit may leave behind: a session, and the line in the audit log that it was read.
# What is written about whoever asks: the session, the audit log, how often they tried.
TRACES = {"django_session", "identity_auditentry", "django_cache"}
# Tables that belong to no workspace: Charlie's own rows in them are his to change.
OF_ALL = {"identity_person", "identity_workspace"}
SCREENS = [place for place in places() if not place.is_api and place.name not in PUBLIC]
OUR_SCREENS = [place for place in SCREENS if not place.route.startswith("account/")]


def ask(client: Client, method: str, place: Place, world: SimpleNamespace) -> Any:
    """Ask with a body that would be good if the right were there."""
    other = {part: world.ids[key] for part, key in OTHER_IDS.get(place.name, {}).items()}
    url = place.url(world.ids | other)
    if method == "GET":
        return client.get(url)
    if method == "POST":
        return client.post(url, BODIES.get(place.name, lambda _: {})(world.ids))
    return client.generic(method, url, b"{}", content_type="application/json")


def test_every_address_is_public_on_purpose_or_walked() -> None:
    known = {place.name for place in places()}
    assert not PUBLIC.keys() - known, "public addresses that are no more"
    assert not BODIES.keys() - known, "bodies for addresses that are no more"
    assert len(known) == len(places()), "two addresses of one name: the tables tell by name"
    operations = {
        path.removeprefix("/api/v1/") for path in schema()["paths"] if path.startswith("/api/v1/")
    }
    walked = {
        place.route.removeprefix("api/v1/").replace("<", "{").replace(">", "}")
        for place in places()
        if place.is_api
    }
    # tests/api/test_rights.py walks these from the document.
    assert walked == operations


def test_a_stranger_is_sent_to_sign_in_everywhere(world: SimpleNamespace) -> None:
    before = rows_of(world.workspace, world.other)
    for place in SCREENS:
        let_in = True
        for method in METHODS:
            answer = ask(Client(), method, place, world)
            assert MARK.encode() not in answer.content, f"{method} {place.name} shows data"
            if answer.status_code == 405:
                continue
            is_closed = answer.status_code in (401, 403, 404) or (
                answer.status_code == 302 and answer["Location"].startswith("/account/login/")
            )
            assert is_closed, (
                f"{method} {place.name} answers a stranger {answer.status_code}: guard it with"
                " @screen, or say in tests/security/addresses.py why it is public"
            )
            let_in = False
        assert not let_in, f"{place.name}: no method was tried that it takes"
    assert not changed(before, rows_of(world.workspace, world.other)) - TRACES


def test_what_is_public_tells_and_changes_nothing(world: SimpleNamespace) -> None:
    before = rows_of(world.workspace, world.other)
    for place in (place for place in places() if place.name in PUBLIC):
        for method in METHODS:
            answer = ask(Client(), method, place, world)
            assert answer.status_code < 500, f"{method} {place.name}"
            assert MARK.encode() not in answer.content, f"{method} {place.name}"
            assert b"Islelight" not in answer.content, f"{method} {place.name}"
    assert not changed(before, rows_of(world.workspace, world.other)) - TRACES


def test_another_workspace_gets_no_byte_and_changes_no_row(world: SimpleNamespace) -> None:
    charlie, before = signed_in(world, "charlie"), rows_of(world.workspace)
    ours = _ours(world)
    charlies_own = {"settings_map_version", "settings_map_restore", "settings_map_branch"}
    for place in SCREENS:
        for method in METHODS:
            answer = ask(charlie, method, place, world)
            told = f"{method} {place.name} answers {answer.status_code}"
            assert MARK.encode() not in getattr(answer, "content", b""), told
            assert answer.status_code < 500, told
            if place.parts and place.name not in charlies_own:
                asks_again = answer.headers.get("Location", "").startswith("/account/reauth")
                assert asks_again or answer.status_code in (403, 404, 405), told
        after = rows_of(world.workspace)
        left = changed(before, after) - TRACES - OF_ALL
        assert not left, f"{place.name} lets another workspace change {left}"
        before = after
    assert _ours(world) == ours


def _ours(world: SimpleNamespace) -> list[Any]:
    people = [person.pk for name, person in vars(world.people).items() if name != "charlie"]
    return [
        *Person.objects.filter(pk__in=people).order_by("pk").values(),
        *Workspace.objects.filter(pk=world.workspace.pk).values(),
    ]


@pytest.mark.parametrize("url", [
    "/?q=zqx", "/?view=all", "/?store={store_id}", "/?team={team_id}", "/?c={conversation_id}",
    "/inbox/rows?q=zqx", "/inbox/find?q=zqx", "/inbox/find?q=zqx-anna@example.de",
    "/buyers/?q=zqx", "/buyers/?q=zqx-anna@example.de", "/settings/audit/?subject={channel_id}",
    "/settings/audit/audit.csv", "/settings/channels/?channel={channel_id}",
])  # fmt: skip
def test_no_question_of_another_workspace_finds_ours(world: SimpleNamespace, url: str) -> None:
    asked = url.format(**world.ids)
    content = signed_in(world, "charlie").get(asked).content
    for typed in (b"zqx-anna@example.de", b"zqx"):
        if typed.decode() in url:
            content = content.replace(b'value="' + typed + b'"', b"")
    assert b"zqx-" not in content.replace(b"q=zqx-anna", b"")
    assert b"<script>zqx" not in content


@pytest.mark.parametrize("who", ["rita", "bob"])
def test_who_may_not_changes_no_row(world: SimpleNamespace, who: str) -> None:
    """Rita nowhere but in what is her own; Bob nothing of the settings."""
    client = signed_in(world, who)
    walked = [p for p in SCREENS if who == "rita" or _is_closed_setting(p)]
    before = rows_of(world.workspace, world.other)
    for place in walked:
        for method in METHODS:
            answer = ask(client, method, place, world)
            assert answer.status_code < 500, f"{method} {place.name}"
        after = rows_of(world.workspace, world.other)
        left = changed(before, after) - TRACES - OWN_ROWS.get(place.name, set())
        assert not left, f"{place.name} lets {who} change {left}"
        before = after


def _is_closed_setting(place: Place) -> bool:
    return place.route.startswith("settings/") and place.name not in SETTINGS_OF_ALL


def test_an_agent_gets_nothing_of_the_settings(world: SimpleNamespace) -> None:
    bob = signed_in(world, "bob")
    for place in filter(_is_closed_setting, SCREENS):
        for method in METHODS:
            answer = ask(bob, method, place, world)
            assert answer.status_code in (403, 405), f"{method} {place.name}"
            assert MARK.encode() not in answer.content, f"{method} {place.name}"


@pytest.mark.parametrize("name", sorted(BODIES))
def test_the_same_request_changes_rows_for_one_who_may(world: SimpleNamespace, name: str) -> None:
    """Without this the walk above could pass because its bodies are no good."""
    place = next(place for place in places() if place.name == name)
    before = rows_of(world.workspace)
    answer = ask(signed_in(world, "alice"), "POST", place, world)
    assert answer.status_code < 400, f"{name}: {answer.status_code} {answer.content[:300]!r}"
    assert changed(before, rows_of(world.workspace)) - TRACES


def test_every_screen_that_takes_a_post_has_a_body_for_it(world: SimpleNamespace) -> None:
    """So that no new deed slips through the walk with an empty form."""
    alice, forgotten = signed_in(world, "alice"), []
    for place in OUR_SCREENS:
        if place.name in BODIES.keys() | WITHOUT_ROWS.keys():
            continue
        answer = alice.generic("DELETE", place.url(world.ids))
        if "POST" in answer.headers.get("Allow", "POST"):
            forgotten.append(place.name)
    assert not forgotten, (
        "give tests/security/bodies.py a POST to each that changes a row, or say why none does"
    )
