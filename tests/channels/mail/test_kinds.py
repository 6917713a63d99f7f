"""Machines and people are told apart by their headers and names."""

from __future__ import annotations

import pytest

from tradewind.channels.mail.model import MailKind
from tradewind.channels.mail.parse import parse_mail

KINDS = [
    ("Auto-Submitted: auto-replied", MailKind.AUTO_REPLY),
    ("Auto-Submitted: no", MailKind.ORDINARY),
    ("Precedence: bulk", MailKind.LIST),
    ("Precedence: auto_reply", MailKind.AUTO_REPLY),
    ("X-Autoreply: yes", MailKind.AUTO_REPLY),
    ("X-Auto-Response-Suppress: All", MailKind.AUTO_REPLY),
    ("X-Auto-Response-Suppress: None", MailKind.ORDINARY),
    ("List-Id: <news.example.com>", MailKind.LIST),
    ("List-Unsubscribe: <mailto:x@y>", MailKind.LIST),
    ("Return-Path: <>", MailKind.AUTO_REPLY),
    ("X-Failed-Recipients: a@b.de", MailKind.BOUNCE),
    ("X-Mailer: Outlook", MailKind.ORDINARY),
]


@pytest.mark.parametrize(("header", "kind"), KINDS)
def test_machines_are_told_from_people(header, kind):
    assert parse_mail(f"From: anna@example.com\n{header}\n\nHi".encode()).kind is kind


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("no-reply@example.com", MailKind.AUTO_REPLY),
        ("noreply@example.com", MailKind.AUTO_REPLY),
        ("reply@example.com", MailKind.ORDINARY),
        ("noreen@example.com", MailKind.ORDINARY),
        ("x7@marketplace.amazon.de", MailKind.ORDINARY),
    ],
)
def test_the_senders_name_tells_a_machine(sender, kind):
    assert parse_mail(f"From: {sender}\n\nHi".encode()).kind is kind


def test_a_relays_bulk_headers_do_not_hide_a_buyer():
    raw = b"From: x7@marketplace.amazon.de\nList-Unsubscribe: <x>\nPrecedence: bulk\n\nWo?"
    assert parse_mail(raw).kind is MailKind.ORDINARY
