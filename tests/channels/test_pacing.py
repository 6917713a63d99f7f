"""Replies keep below the rates a connector file declares: a chat's own, then the bot's."""

from __future__ import annotations

import secrets

from tradewind.channels.contract import Account
from tradewind.channels.pacing import wait_before


def bot() -> Account:
    return Account(secrets.token_hex(6), "telegram")


def test_a_chat_waits_and_another_one_does_not(settings):
    account = bot()
    assert wait_before(account, "77") == 0.0
    assert 0 < wait_before(account, "77") <= 1
    assert wait_before(account, "78") == 0.0
    assert wait_before(bot(), "77") == 0.0


def test_a_bot_has_a_rate_over_all_its_chats(settings):
    account = bot()
    waits = [wait_before(account, str(chat)) for chat in range(60)]
    assert not any(waits[:30])
    assert any(0 < wait < 1 for wait in waits[30:])


def test_a_platform_without_a_file_is_not_held_up(settings):
    assert [wait_before(Account("a", "email"), "x") for _ in range(100)] == [0.0] * 100
