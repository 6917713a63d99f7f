"""Small words of the workspace's templates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from tradewind.commerce.models import Return
from tradewind.identity.actor import Actor
from tradewind.identity.roles import Right
from tradewind.inbox.models import Message
from tradewind.web.inbox import happenings
from tradewind.web.inbox.choices import language_name as named
from tradewind.web.inbox.choices import leaf_of
from tradewind.web.parts.alike import numbered_address, numbered_piece
from tradewind.web.rows import render_row

register = template.Library()
_MENTION = re.compile(r"@[^\s@,，。:：<&]+")
_SIGNS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "¥", "KRW": "₩", "INR": "₹",
    "BRL": "R$", "MXN": "MX$", "CAD": "CA$", "AUD": "A$", "TRY": "₺", "PLN": "zł", "THB": "฿",
    "VND": "₫", "ILS": "₪", "UAH": "₴", "RUB": "₽", "PHP": "₱",
}  # fmt: skip


@register.filter
def may(actor: Actor | None, right: str) -> bool:
    """Whether the actor has a right."""
    return actor is not None and actor.may(Right(right))


@register.filter
def site_country(row: Any) -> str:
    """The country of a conversation or order, else of its store's site."""
    return row.country or (row.store.country if row.store else "")


@register.filter
def language_name(code: str) -> str:
    """A language in the words of the person who looks."""
    return named(code or "")


@register.filter
def emotion_name(value: str) -> str:
    """A mood in words."""
    return happenings.emotion_words().get(value, value)


@register.filter
def complaint_name(value: str) -> str:
    """Whether something is said to be wrong, in words."""
    return happenings.complaint_words().get(value, value)


@register.filter
def urgency_name(value: str) -> str:
    """How soon, in words."""
    return happenings.urgency_words().get(value, value)


@register.filter
def state_name(value: str) -> str:
    """What a conversation is, in words."""
    return happenings.state_words().get(value, value)


@register.filter
def threat_names(values: Sequence[str]) -> str:
    """Threats in words."""
    words = happenings.threat_words()
    comma = pgettext("between two threats", ", ")
    return comma.join(words.get(value, value) for value in values or ())


@register.filter
def problem_leaf_in(code: str, labels: Mapping[str, str] | None) -> str:
    """A problem's leaf in the seller's words or ours."""
    return leaf_of(code or "", labels or {})


@register.filter
def return_words(row: Return) -> str:
    """A return or dispute in one line."""
    return happenings.said_of_return(row)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount as ``€ 46.90``; empty when it is not known."""
    if amount is None:
        return ""
    return f"{_SIGNS.get(currency, currency)} {amount:,.2f}".strip()


@register.filter
def paragraphs(text: str) -> SafeString:
    """Line breaks shown; what is not marked safe is escaped."""
    return mark_safe(conditional_escape(text).replace("\n", "<br>"))  # noqa: S308 — escaped here


@register.filter
def mentions(text: str) -> SafeString:
    """A note with its @names marked, everything escaped."""
    marked = _MENTION.sub(lambda m: f'<span class="mention">{m.group()}</span>', escape(text))
    return mark_safe(marked.replace("\n", "<br>"))  # noqa: S308 — escaped before it is marked


@register.filter
def remote_pictures(message: Message) -> bool:
    """Whether a mail has pictures that are turned off."""
    return "data-src=" in message.html


@register.simple_tag(takes_context=True)
def conversation_row(context: dict[str, Any], row: Any) -> SafeString:
    """One row of the list, as everybody sees it."""
    return render_row(row, context.get("problem_labels") or {})


@register.simple_tag
def numbered(name: str, number: int) -> str:
    """``{% url %}`` for the addresses that a list has in every row."""
    return numbered_address(name, number)


@register.simple_tag
def alike(template: str, number: int) -> SafeString:
    """A piece that is the same in every row but for the row's number."""
    return numbered_piece(template, number)
