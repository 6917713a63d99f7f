"""Messages as a program may see them: personal data hidden as ``identity.hiding`` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.commerce.addresses import address_of, in_the_clear
from tradewind.identity.actor import Actor
from tradewind.identity.hiding import hidden_from, hide
from tradewind.inbox.models import Conversation
from tradewind.nlp.pii import Kind, Known, Style
from tradewind.nlp.pii.contract import NOTHING

_OF_ORDER = {Kind.ADDRESS, Kind.NAME}
_ENTITIES = {Kind.EMAIL: "emails", Kind.PHONE: "phones"}
Shape = dict[str, Any]


def hidden_in(shape: Shape, actor: Actor, conversation: Conversation) -> Shape:
    """The shape of a conversation or message with what this actor may not see blacked out.

    As many blocks as there were characters: the spans of a reading's evidence still point right.
    """
    kinds = hidden_from(actor)
    if not kinds:
        return shape
    cover = _cover(kinds, conversation)
    texts = {name: cover(shape[name]) for name in _TEXTS if shape.get(name)}
    reading = shape.get("reading")
    if reading:
        texts["reading"] = reading | {"entities": _entities(reading["entities"], kinds)}
    return shape | texts


_TEXTS = ("subject", "preview", "text", "quoted")


def _cover(kinds: frozenset[Kind], conversation: Conversation) -> Callable[[str], str]:
    country = conversation.buyer.country if conversation.buyer else ""
    known = _known(conversation) if kinds & _OF_ORDER else NOTHING

    def cover(text: str) -> str:
        return hide(text, kinds, country=country, known=known, style=Style.BLOCK)

    return cover


def _known(conversation: Conversation) -> Known:
    order, buyer = conversation.order, conversation.buyer
    address = address_of(order) if order else {}
    names = (conversation.buyer_name, buyer.name if buyer else "", str(address.get("name") or ""))
    lines = ", ".join(in_the_clear({**address, "name": None, "phone": None}))
    return Known(tuple(name for name in names if name), (lines,) if lines else ())


def _entities(entities: dict[str, Any], kinds: frozenset[Kind]) -> dict[str, Any]:
    gone = {name for kind, name in _ENTITIES.items() if kind in kinds}
    return {name: [] if name in gone else values for name, values in entities.items()}
