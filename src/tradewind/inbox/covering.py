"""What a conversation says, as somebody may see it: blacked out as ``identity.hiding`` says."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NoReturn

from django.db.models import Model

from tradewind.commerce.addresses import address_of, in_the_clear
from tradewind.identity.hiding import hide
from tradewind.inbox.models import Conversation
from tradewind.nlp.contract import NOTHING
from tradewind.nlp.pii import Kind, Known, Style

_OF_ORDER = {Kind.ADDRESS, Kind.NAME}
_OF_COUNTRY = {Kind.PHONE, Kind.TAX_ID}
Cover = Callable[[str], str]


def cover_of(
    kinds: Collection[Kind], conversation: Conversation | None = None, *, style: Style = Style.BLOCK
) -> Cover:
    """What blacks these kinds out of a text, near what the conversation's order says.

    As many blocks as there were characters: the spans of a reading's evidence still point right.
    """
    wanted = frozenset(kinds)
    country, known = "", NOTHING
    if conversation and wanted & (_OF_ORDER | _OF_COUNTRY):
        buyer = conversation.buyer
        country = (buyer.country if buyer else "") or conversation.country
        known = known_of(conversation) if wanted & _OF_ORDER else NOTHING

    def cover(text: str) -> str:
        return hide(text, wanted, country=country, known=known, style=style)

    return cover


def known_of(conversation: Conversation) -> Known:
    """The names and the address that order and buyer of a conversation have."""
    order, buyer = conversation.order, conversation.buyer
    address = address_of(order) if order else {}
    names = (conversation.buyer_name, buyer.name if buyer else "", str(address.get("name") or ""))
    lines = ", ".join(in_the_clear({**address, "name": None, "phone": None}))
    return Known(tuple(name for name in names if name), (lines,) if lines else ())


def cover_row(row: Model, cover: Cover, *names: str) -> None:
    """Black out fields of a row that is shown; it can then not be saved any more."""
    for name in names:
        if text := getattr(row, name, ""):
            setattr(row, name, cover(text))
    row.save = _refuse  # type: ignore[method-assign]  # blocks must never be kept


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("a row that was blacked out for somebody's eyes cannot be saved")
