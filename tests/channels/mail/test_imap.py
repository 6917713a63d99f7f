"""Against a real Dovecot: mail arrives once, nothing in the mailbox changes, nothing is lost."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date

import pytest

from tests.channels.mail.dovecot import Dovecot, free_port
from tradewind.channels.mail.checks import find_provider, port_hint
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.channels.mail.event import dedupe_key
from tradewind.channels.mail.imap import (
    Mailbox,
    MailboxSettings,
    MailboxState,
    backfill,
    check_mailbox,
    fetch_missing,
    fetch_new,
    wait,
)
from tradewind.core.hosts import NO_PRIVATE, PrivateHosts


def a_mail(number: int, *, body: str = "Wo ist mein Paket?") -> bytes:
    return (
        f"From: Anna <anna@example.com>\nTo: service@tradewind.example\nSubject: Paket {number}\n"
        f"Message-ID: <m{number}@example.com>\nDate: Sat, 26 Sep 2026 10:00:00 +0000\n\n{body}\n"
    ).encode()


def keys_of(mails) -> list[str]:
    return [dedupe_key(mail.raw) for mail in mails]


def test_only_mail_behind_the_state_is_fetched_in_order(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, *(a_mail(n) for n in range(3)))
    first = list(fetch_new(mailbox, MailboxState()))
    dovecot.deliver(mailbox.user, a_mail(3))

    assert [mail.uid for mail in first] == [1, 2, 3]
    assert first[0].internal_date is not None
    assert keys_of(fetch_new(mailbox, first[-1].state)) == ["mid:m3@example.com"]
    assert list(fetch_new(mailbox, MailboxState(first[0].uidvalidity, 4))) == []


def test_a_limit_leaves_the_rest_for_the_next_time(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, *(a_mail(n) for n in range(5)))
    first = list(fetch_new(mailbox, MailboxState(), limit=2))
    rest = list(fetch_new(mailbox, first[-1].state))
    assert [mail.uid for mail in [*first, *rest]] == [1, 2, 3, 4, 5]


def test_reading_leaves_no_mark_in_the_mailbox(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1))
    list(fetch_new(mailbox, MailboxState()))
    client = dovecot.client(mailbox.user)
    client.select(readonly=True)
    assert b"\\Seen" not in client.fetch("1", "(FLAGS)")[1][0]
    assert client.search(None, "ALL")[1] == [b"1"]
    client.logout()


def test_the_bytes_of_a_mail_come_as_they_lie_there(dovecot: Dovecot, mailbox):
    odd = a_mail(1, body="\x01 ünïcode ) (UID 9) {5}\n" + "x" * 200_000)
    dovecot.deliver(mailbox.user, odd)
    (mail,) = fetch_new(mailbox, MailboxState())
    assert mail.raw == odd.replace(b"\n", b"\r\n")


def test_idle_wakes_when_mail_arrives(dovecot: Dovecot, mailbox):
    state = MailboxState()
    dovecot.deliver(mailbox.user, a_mail(1))
    state = next(fetch_new(mailbox, state)).state
    later = threading.Timer(0.7, dovecot.deliver, (mailbox.user, a_mail(2)))
    later.start()
    start = time.monotonic()
    assert wait(mailbox, timeout=15, state=state)
    assert time.monotonic() - start < 5
    later.join()


def test_mail_that_came_before_waiting_is_seen_at_once(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1))
    assert wait(mailbox, timeout=5, state=MailboxState())


def test_waiting_ends_without_mail(dovecot: Dovecot, mailbox):
    start = time.monotonic()
    assert not wait(mailbox, timeout=0.5)
    assert time.monotonic() - start < 3


def test_two_days_of_silence_are_filled_by_dates(dovecot: Dovecot, mailbox):
    for day in (1, 2, 3, 4):
        dovecot.deliver(mailbox.user, a_mail(day), when=f"0{day}-Oct-2026 12:00:00 +0000")
    found = backfill(mailbox, since=date(2026, 10, 2), until=date(2026, 10, 3))
    assert keys_of(found) == ["mid:m2@example.com", "mid:m3@example.com"]


def test_mails_lost_in_between_are_found_again(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, *(a_mail(n) for n in range(1, 6)))
    state = list(fetch_new(mailbox, MailboxState()))[-1].state
    found = fetch_missing(mailbox, state, known={1, 2, 5})
    assert keys_of(found) == ["mid:m3@example.com", "mid:m4@example.com"]


def test_a_new_numbering_brings_every_mail_again_under_the_same_key(dovecot: Dovecot, mailbox):
    client = dovecot.client(mailbox.user)
    client.create("Returns")
    settings = replace(mailbox, folder="Returns")
    dovecot.deliver(mailbox.user, a_mail(1), a_mail(2), folder="Returns")
    before = list(fetch_new(settings, MailboxState()))
    client.delete("Returns")
    client.create("Returns")
    client.logout()
    dovecot.deliver(mailbox.user, a_mail(1), a_mail(2), a_mail(3), folder="Returns")

    after = list(fetch_new(settings, before[-1].state))
    assert after[0].uidvalidity != before[0].uidvalidity
    assert keys_of(after)[:2] == keys_of(before)
    assert len(after) == 3


def test_a_mail_over_the_limit_is_cut_and_says_so(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1, body="x" * 50_000), a_mail(2))
    settings = replace(mailbox, max_bytes=10_000)
    first, second = fetch_new(settings, MailboxState())
    assert len(first.raw) == 10_000
    assert "only 10,000 were fetched" in first.problem
    assert second.problem == ""


def test_a_folder_with_letters_of_another_script_is_read(dovecot: Dovecot, mailbox):
    settings = replace(mailbox, folder="售后")
    client = dovecot.client(mailbox.user)
    client.create("&VS5UDg-")
    client.logout()
    dovecot.deliver(mailbox.user, a_mail(1), folder="&VS5UDg-")
    assert keys_of(fetch_new(settings, MailboxState())) == ["mid:m1@example.com"]


def test_tls_with_a_known_authority_is_trusted(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1))
    settings = replace(
        mailbox, host="localhost", port=dovecot.tls_port, tls="ssl", ca_pem=dovecot.ca_pem
    )
    assert len(list(fetch_new(settings, MailboxState()))) == 1
    starttls = replace(settings, port=dovecot.port, tls="starttls")
    assert len(list(fetch_new(starttls, MailboxState()))) == 1
    assert not wait(settings, timeout=0.3)


def test_an_unknown_certificate_is_refused(dovecot: Dovecot, mailbox):
    settings = replace(mailbox, host="localhost", port=dovecot.tls_port, tls="ssl")
    with pytest.raises(MailboxUnreachable, match=r"certificate .* not valid"):
        list(fetch_new(settings, MailboxState()))


def test_a_wrong_password_is_refused_with_the_user_named(mailbox):
    with pytest.raises(MailboxRefused, match=mailbox.user):
        list(fetch_new(replace(mailbox, password="wrong"), MailboxState()))


def test_a_closed_port_is_unreachable(mailbox):
    with pytest.raises(MailboxUnreachable, match="refuses connections"):
        list(fetch_new(replace(mailbox, port=free_port()), MailboxState()))


def test_a_dropped_connection_is_unreachable_and_the_next_one_goes_on(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1))
    with Mailbox(mailbox) as box:
        box._box.client.sock.shutdown(2)
        with pytest.raises(MailboxUnreachable):
            list(box.fetch(box.new_uids(MailboxState())))
    assert len(list(fetch_new(mailbox, MailboxState()))) == 1


def test_a_server_that_goes_away_is_noticed_and_nothing_is_lost(frail_dovecot: Dovecot, mailbox):
    settings = replace(mailbox, port=frail_dovecot.port)
    frail_dovecot.deliver(mailbox.user, a_mail(1))
    state = next(fetch_new(settings, MailboxState())).state
    frail_dovecot.deliver(mailbox.user, *(a_mail(n) for n in range(2, 90)))

    reading = fetch_new(settings, state)
    stored = [next(reading)]
    stop = threading.Timer(0.5, frail_dovecot.crash)
    stop.start()
    with pytest.raises(MailboxUnreachable):
        wait(settings, timeout=20, state=MailboxState(state.uidvalidity, 10_000))
    stop.join()
    with pytest.raises(MailboxUnreachable):
        list(fetch_new(settings, stored[-1].state))
    reading.close()

    frail_dovecot.start()
    stored += fetch_new(settings, stored[-1].state)
    assert [mail.uid for mail in stored] == list(range(2, 90))


def checked(settings: MailboxSettings) -> dict[str, tuple[bool, str]]:
    return {check.name: (check.ok, check.sentence) for check in check_mailbox(settings)}


def test_a_good_mailbox_passes_every_check(dovecot: Dovecot, mailbox):
    dovecot.deliver(mailbox.user, a_mail(1))
    checks = checked(mailbox)
    assert list(checks) == ["dns", "connect", "login", "folder"]
    assert all(ok for ok, _ in checks.values())
    assert "1 mails" in checks["folder"][1]


@pytest.mark.parametrize(
    ("change", "failing", "word"),
    [
        ({"host": "imap.invalid"}, "dns", "imap.invalid"),
        ({"tls": "ssl"}, "connect", "TLS"),
        ({"tls": "maybe"}, "connect", "'maybe'"),
        ({"password": "wrong"}, "login", "refused"),
        ({"folder": "Nowhere"}, "folder", "'Nowhere'"),
    ],
)
def test_a_check_stops_at_the_setting_that_is_wrong(mailbox, change, failing, word):
    checks = checked(replace(mailbox, **change))
    name, (ok, sentence) = list(checks.items())[-1]
    assert (name, ok) == (failing, False)
    assert word in sentence


def test_a_mailbox_in_a_private_network_is_not_reached_unless_it_is_listed(mailbox):
    closed = replace(mailbox, private=NO_PRIVATE)
    (only,) = check_mailbox(closed)
    assert (only.name, only.ok) == ("dns", False)
    assert "TRADEWIND_PRIVATE_HOSTS" in only.sentence
    with pytest.raises(MailboxRefused, match="private network"):
        list(fetch_new(closed, MailboxState()))
    by_name = PrivateHosts.of(["localhost"])
    assert check_mailbox(replace(mailbox, host="localhost", private=by_name))[-1].ok


def test_a_dead_port_brings_a_hint(mailbox):
    last = check_mailbox(replace(mailbox, port=free_port()))[-1]
    assert not last.ok
    assert "port" in last.hint


def test_a_known_provider_brings_its_usual_port():
    hint = port_hint("smtp.qq.com", 587, (465, 587, 25), NO_PRIVATE)
    assert hint == "This provider usually uses port 465 with ssl."
    provider = find_provider("Service@QQ.com")
    assert provider is not None
    assert provider.imap == ("imap.qq.com", 993, "ssl")
    assert find_provider("anna@example.com") is None
