"""Messages as a program may see them: personal data hidden as ``identity.hiding`` says."""

from __future__ import annotations

from typing import Any

from tradewind.identity.actor import Actor
from tradewind.identity.hiding import hidden_from
from tradewind.inbox.covering import cover_of
from tradewind.inbox.models import Conversation
from tradewind.nlp.pii import Kind

_TEXTS = ("subject", "preview", "text", "quoted", "author")
_ENTITIES = {Kind.EMAIL: "emails", Kind.PHONE: "phones"}
Shape = dict[str, Any]


def hidden_in(shape: Shape, actor: Actor, conversation: Conversation) -> Shape:
    """The shape of a conversation or message with what this actor may not see blacked out."""
    kinds = hidden_from(actor)
    if not kinds:
        return shape
    cover = cover_of(kinds, conversation)
    texts = {name: cover(shape[name]) for name in _TEXTS if shape.get(name)}
    if buyer := shape.get("buyer"):
        texts["buyer"] = buyer | {"name": cover(buyer["name"])}
    if reading := shape.get("reading"):
        texts["reading"] = reading | {"entities": _entities(reading["entities"], kinds)}
    return shape | texts


def _entities(entities: dict[str, Any], kinds: frozenset[Kind]) -> dict[str, Any]:
    gone = {name for kind, name in _ENTITIES.items() if kind in kinds}
    return {name: [] if name in gone else values for name, values in entities.items()}
