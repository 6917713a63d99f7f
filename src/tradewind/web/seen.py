"""What is shown, as the one who looks may see it: every page asks here before it is rendered.

Rows are blacked out in place, so that no template can forget it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from tradewind.channels.mail.html import html_to_text
from tradewind.commerce.models import Buyer, Identity, Order
from tradewind.identity.actor import Actor
from tradewind.identity.hiding import hidden_from
from tradewind.identity.roles import Right
from tradewind.inbox.covering import Cover, cover_of, cover_row
from tradewind.inbox.models import Conversation, Direction, Draft, Message
from tradewind.inbox.timeline import Log
from tradewind.learning.models import LabelItem
from tradewind.nlp.pii import Kind

_OF_ROW = ("subject", "preview", "buyer_name", "draft_text")
_OF_MESSAGE = ("subject", "text", "quoted", "author_name")
_ALIASES = {"email": Kind.EMAIL, "phone": Kind.PHONE}


def cover_rows(kinds: Collection[Kind], conversations: Sequence[Conversation]) -> None:
    """The rows of a list without these kinds."""
    if kinds:
        prefetch_related_objects(conversations, "buyer", "order")
        for one in conversations:
            cover_row(one, cover_of(kinds, one), *_OF_ROW)


def cover_thread(
    actor: Actor, found: Conversation, log: Log, *, order: Order | None, drafts: Iterable[Draft]
) -> None:
    """A conversation, everything said in it and its order without what the actor may not see."""
    if not (kinds := hidden_from(actor)):
        return
    cover = cover_of(kinds, found)
    for message in log.messages:
        if not _is_to_be_sent_again(actor, message):
            _cover_message(message, cover)
    for note in log.notes:
        cover_row(note, cover, "text")
    for draft in drafts:
        if draft.author_id != actor.person_id:
            cover_row(draft, cover, "text")
    if order is not None:
        cover_order(order, cover)
    cover_row(found, cover, *_OF_ROW)


def _is_to_be_sent_again(actor: Actor, message: Message) -> bool:
    """A reply that failed is offered for editing: blocks would go out to the buyer."""
    return (
        message.direction == Direction.OUT
        and hasattr(message, "outgoing")
        and actor.may(Right.ANSWER)
    )


def cover_message(actor: Actor, message: Message) -> None:
    """One message without what the actor may not see."""
    if kinds := hidden_from(actor):
        _cover_message(message, cover_of(kinds, message.conversation))


def _cover_message(message: Message, cover: Cover) -> None:
    cover_row(message, cover, *_OF_MESSAGE)
    if (sent := getattr(message, "outgoing", None)) is not None:
        # Mail servers name the address that they refuse.
        cover_row(sent, cover, "error_text")


def cover_order(order: Order, cover: Cover) -> None:
    """An order's returns and parcels: reasons are the buyer's words, carriers name recipients."""
    for row in order.returns.all():
        cover_row(row, cover, "reason_text")
    for parcel in order.shipments.all():
        if isinstance(parcel.events, list):
            parcel.events = [_covered(event, cover) for event in parcel.events]
        cover_row(parcel, cover)


def _covered(event: dict[str, Any], cover: Cover) -> dict[str, Any]:
    told = {name: cover(str(event[name])) for name in ("text", "location") if event.get(name)}
    return event | told


def cover_buyers(actor: Actor, buyers: Iterable[Buyer]) -> None:
    """Buyers whose name is none but a mail address, say, without it."""
    if kinds := hidden_from(actor):
        for buyer in buyers:
            cover_row(buyer, cover_of(kinds), "name")


def cover_aliases(actor: Actor, identities: Iterable[Identity]) -> None:
    """The aliases of a buyer: of a mail address or telephone number only the last signs."""
    if not (kinds := hidden_from(actor)):
        return
    cover = cover_of(kinds)
    for one in identities:
        if _ALIASES.get(one.kind) in kinds:
            one.value = _last_signs(one.value)
        cover_row(one, cover, "value")


def _last_signs(value: str) -> str:
    return f"•••{value[-4:]}" if len(value) > 4 else "•••"


def cover_item(actor: Actor, item: LabelItem) -> None:
    """A message to label without what the labeller may not see."""
    if not (kinds := hidden_from(actor)):
        return
    if item.message:
        cover_message(actor, item.message)
    cover_row(item, cover_of(kinds), "text")


def may_see_mail(actor: Actor, message: Message) -> bool:
    """Whether a mail may be shown as it was sent: nothing that is hidden may stand in it."""
    kinds = hidden_from(actor)
    cover = cover_of(kinds, message.conversation)
    return all(cover(text) == text for text in (html_to_text(message.html), message.html))


def may_open_files(actor: Actor) -> bool:
    """Whether documents may be opened: an invoice has the address on it; pictures are shown."""
    return Kind.ADDRESS not in hidden_from(actor)
