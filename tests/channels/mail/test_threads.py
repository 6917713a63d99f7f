"""A mail finds its conversation by the surest sign, and never joins a stranger's."""

# ruff: noqa: E501 - rows of mails and of other scripts stay on one line.

from __future__ import annotations

import pytest

from tradewind.channels.mail.marketplaces import order_ids
from tradewind.channels.mail.parse import parse_mail
from tradewind.channels.mail.threads import (
    ThreadKeyKind,
    find_conversation,
    is_authentic,
    make_message_id,
    make_token,
    normal_subject,
    thread_keys,
)

KEY, OLD = b"new-key", b"old-key"
OURS = make_message_id("c42", random="abcdefgh", key=KEY, domain="tradewind.example").strip("<>")


def keys_of(headers: str, body: str = "Hi", **options) -> list[tuple[str, str]]:
    mail = parse_mail(f"{headers}\n\n{body}".encode())
    found = thread_keys(mail, keys=(KEY, OLD), own={"service@tradewind.example"}, **options)
    return [(key.kind.value, key.value) for key in found]


def test_the_order_of_keys_is_token_reply_references_subject():
    found = keys_of(
        f"From: Anna@example.com\nSubject: Re: AW: Paket\nIn-Reply-To: <{OURS}>\n"
        f"References: <m1@x> <m2@x> <{OURS}>"
    )
    assert found == [
        ("conversation", "c42"), ("message", OURS), ("message", "m2@x"), ("message", "m1@x"),
        ("subject", "anna@example.com|paket"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "token",
    [OURS, OURS.upper(), make_token("c42", random="zzzzzzzz", key=OLD) + "@old.example"],
)
def test_our_token_is_known_also_in_capitals_and_under_the_former_key(token):
    assert (find_conversation(f"<{token}>", keys=(KEY, OLD)) or "").lower() == "c42"


@pytest.mark.parametrize(
    "token",
    [OURS.replace("c42", "c43"), OURS.replace("abcdefgh", "abcdefgx"), "tw.c42.abcdefgh." + "a" * 16,
     make_token("c42", random="abcdefgh", key=b"stranger"), "xtw" + OURS[2:], ""],
)  # fmt: skip
def test_a_forged_token_names_no_conversation(token):
    assert find_conversation(f"<{token}@x>", keys=(KEY, OLD)) is None


def test_a_token_in_the_reply_address_is_enough():
    token = OURS.partition("@")[0]
    found = keys_of(f"From: a@b.de\nTo: service+{token}@tradewind.example")
    assert found[0] == ("conversation", "c42")


def test_a_token_takes_no_letters_that_break_a_header():
    with pytest.raises(ValueError, match="letters"):
        make_token("c 42>", random="abcdefgh", key=KEY)


def test_marketplace_notices_without_thread_headers_join_by_order_number():
    # chatwoot#14993: each "New message for order #…" became a conversation of its own.
    head = "From: eBay <noreply@ebay.de>\nMessage-ID: <{}>\nSubject: {}"
    one = keys_of(head.format("n1@ebay", "New message for order #12-34567-89012"))
    two = keys_of(head.format("n2@ebay", "Reminder: message for order 12-34567-89012 waits"))
    other = keys_of(head.format("n3@ebay", "New message for order #12-34567-99999"))
    assert one == two == [("order", "ebay|12-34567-89012")]
    assert other != one


def test_a_buyers_alias_with_two_orders_is_two_threads():
    head = "From: x7@marketplace.amazon.de\nSubject: Bestellung {}"
    one, two = (keys_of(head.format(n)) for n in ("302-8868176-2219830", "302-1111111-2222222"))
    assert one[0] == ("relay_order", "x7@marketplace.amazon.de|302-8868176-2219830")
    assert not set(one) & set(two)


def test_an_alias_without_order_number_is_its_own_thread():
    assert keys_of("From: x7@relay.walmart.com\nSubject: Hello") == [
        ("relay", "x7@relay.walmart.com")
    ]


def test_a_digest_of_several_orders_belongs_to_none_of_them():
    head = "From: noreply@amazon.de\nSubject: 2 messages: 302-8868176-2219830, 302-1111111-2222222"
    assert [kind for kind, _ in keys_of(head)] == ["subject"]


def test_the_same_subject_of_another_sender_is_another_thread():
    one = keys_of("From: anna@example.com\nSubject: Where is my order?")
    two = keys_of("From: bob@example.com\nSubject: Re: Where is my order?")
    assert one != two


def test_a_contact_form_threads_by_the_person_behind_it():
    # One robot writes for all buyers under one subject: they must not fall together.
    head = "From: Shop <mailer@shopify.com>\nReply-To: {}\nSubject: New customer message"
    one, two = (keys_of(head.format(who)) for who in ("anna@example.com", "bob@example.com"))
    assert one[-1] == ("subject", "anna@example.com|new customer message")
    assert not set(one) & set(two)


def test_a_subject_key_is_good_for_thirty_days_and_needs_a_subject():
    mail = parse_mail(b"From: a@b.de\nSubject: Paket\n\nx")
    (key,) = thread_keys(mail, keys=(KEY,))
    assert (key.kind, key.within_days) == (ThreadKeyKind.SUBJECT, 30)
    assert keys_of("From: a@b.de\nSubject: Re:") == []


def test_our_own_mail_in_the_inbox_threads_by_its_headers_only():
    assert keys_of("From: service@tradewind.example\nSubject: Paket") == []


@pytest.mark.parametrize(
    ("subject", "normal"),
    [
        ("Re: Paket", "paket"), ("RE: Re: AW: Paket", "paket"), ("Re[2]: Paket", "paket"),
        ("回复：包裹", "包裹"), ("答复: 转发: 包裹", "包裹"), ("回覆: 包裹", "包裹"), ("Antw: Pakket", "pakket"),
        ("SV: VS: Paket", "paket"), ("Отв: Посылка", "посылка"), ("답장: 소포", "소포"),
        ("Re : Colis", "colis"), ("RES: Pacote", "pacote"), ("YNT: Kargo", "kargo"),
        ("Return: my order", "return: my order"), ("  Reply   needed ", "reply needed"),
    ],
)  # fmt: skip
def test_a_subject_is_compared_without_reply_marks(subject, normal):
    assert normal_subject(subject) == normal


AMAZON = "From: x7@marketplace.amazon.de\nSubject: Bestellung 302-8868176-2219830\n"


@pytest.mark.parametrize(
    ("results", "authentic"),
    [
        ("", None),
        ("mx.example; dkim=pass header.i=@amazon.de header.s=a", True),
        ("mx.example; dkim=pass header.d=marketplace.amazon.de", True),
        (
            "mx.example; dkim=fail header.d=amazon.de; spf=pass smtp.mailfrom=b@bounces.amazon.de",
            False,
        ),
        ("mx.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example", False),
        ("mx.example; dkim=pass header.d=evil-amazon.de", False),
        ("mx.example; dmarc=pass header.from=marketplace.amazon.de", True),
        ("mx.example; none", False),
    ],
)
def test_a_marketplace_is_believed_when_its_domain_is_proven(results, authentic):
    line = f"Authentication-Results: {results}\n" if results else ""
    mail = parse_mail(f"{line}{AMAZON}\nHi".encode())
    assert is_authentic(mail) is authentic
    kinds = {key.kind for key in thread_keys(mail, keys=(KEY,))}
    assert (ThreadKeyKind.RELAY_ORDER in kinds) is (authentic is not False)


def test_only_the_trusted_server_proves_a_domain():
    forged = "Authentication-Results: evil.example; dkim=pass header.d=amazon.de\n"
    mail = parse_mail(f"{forged}{AMAZON}\nHi".encode())
    assert is_authentic(mail, trusted="mx.example") is False
    assert is_authentic(parse_mail(f"{AMAZON}\nHi".encode()), trusted="mx.example") is False


@pytest.mark.parametrize(
    ("text", "sender", "orders"),
    [
        ("Bestellung 302-8868176-2219830 und 302-8868176-2219830", "", ["302-8868176-2219830"]),
        ("eBay 12-34567-89012", "a@b.de", ["12-34567-89012"]),
        ("Order #1001 is late", "a@b.de", ["1001"]),
        ("Meine Bestellnummer: 4711 22", "a@b.de", ["4711"]),
        ("订单号：123456789012", "a@b.de", ["123456789012"]),
        ("Заказ № 55512 не пришел", "a@b.de", ["55512"]),
        ("주문번호 20260926001", "a@b.de", ["20260926001"]),
        ("my order 1234567890123", "x@relay.walmart.com", ["1234567890123"]),
        ("call 1234567890123", "a@b.de", []),
        ("call 1234567890123", "x@relay.walmart.com", ["1234567890123"]),
        ("phone 030-1234567-12345678", "a@b.de", []),
        ("#1001", "a@b.de", []),
        ("#1001", "mailer@shopify.com", ["1001"]),
        ("x@marketplace.amazon.de.evil.example 3", "x@marketplace.amazon.de.evil.example", []),
    ],
)
def test_order_numbers_are_found_where_they_are_meant(text, sender, orders):
    assert order_ids(text, sender=sender) == orders
