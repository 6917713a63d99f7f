"""Who sees what of a buyer's data in a message."""

from __future__ import annotations

import pytest

from tradewind.identity import hiding
from tradewind.identity.actor import Actor, actor_of_token
from tradewind.identity.models import Role
from tradewind.identity.roles import RIGHTS, Right, Scope
from tradewind.nlp.pii import Kind

TEXT = "I am at +49 170 1234567, card 4111 1111 1111 1111, a@b.de"


def test_every_role_and_every_scope_that_reads_has_its_line():
    assert set(hiding._policy()["roles"]) == set(Role.values)
    assert {Scope.CONVERSATIONS_READ, Scope.REPLIES_WRITE} <= set(hiding._policy()["scopes"])


@pytest.mark.parametrize("role", Role.values)
def test_a_role_sees_addresses_in_messages_only_where_it_may_see_them_at_all(role):
    hidden = hiding._policy()["roles"][role]
    may = Right.SEE_ADDRESS in RIGHTS[role]
    assert ({Kind.ADDRESS, Kind.PHONE} <= hidden) is not may
    assert (Kind.CARD in hidden) or role in (Role.ADMIN, Role.OWNER)


def test_rita_sees_neither_telephone_nor_card_and_bob_no_card(cast):
    assert hiding.hide_for(cast.rita, TEXT) == "I am at [phone], card [card], [email]"
    assert hiding.hide_for(cast.bob, TEXT) == "I am at +49 170 1234567, card [card], a@b.de"


def test_a_token_sees_no_card_and_one_for_something_else_sees_nothing():
    reader = actor_of_token(1, 1, [Scope.CONVERSATIONS_READ])
    assert hiding.hide_for(reader, TEXT) == "I am at +49 170 1234567, card [card], a@b.de"
    assert hiding.hidden_from(actor_of_token(1, 1, [Scope.TRIAGE])) == frozenset(Kind)
    assert hiding.hidden_from(Actor(workspace_id=1)) == frozenset(Kind)


def test_an_export_that_is_not_in_the_table_holds_nothing_personal():
    assert hiding.hidden_in_export("labels") == frozenset(Kind)
    assert hiding.hidden_in_export("something new") == frozenset(Kind)
