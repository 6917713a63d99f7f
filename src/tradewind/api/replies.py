"""/conversations/{id}/replies: answers that programs write."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from ninja import Router
from ninja.params.functions import Header

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import Id, ReplyForm, ReplyOut
from tradewind.identity.roles import Scope
from tradewind.inbox import queries
from tradewind.journey import reply

router = Router(tags=["Replies"])
_KEY: Any = Header(
    "",
    alias="Idempotency-Key",
    pattern=r"^[\x21-\x7e]{0,100}$",
    description="Yours to choose, new for each reply. The same key with the same reply again sends "
    "nothing twice and gives the first answer; with another reply it is refused (409).",
)


@router.post(
    "/conversations/{conversation_id}/replies",
    auth=Needs(Scope.REPLIES_WRITE),
    response={202: ReplyOut},
    summary="Answer the buyer",
)
def write_reply(
    request: ProgramRequest,
    response: HttpResponse,
    conversation_id: Id,
    form: ReplyForm,
    idempotency_key: str = _KEY,
) -> Any:
    """The reply is safe and will be sent; its address is in `Location`.

    422 with `findings` when the platform forbids a reply like this.
    """
    conversation = queries.get_conversation(request.auth, conversation_id)
    message = reply.write(
        request.auth,
        conversation,
        form.text,
        base_message_id=form.base_message,
        # Kept apart from the keys that the desk itself makes.
        idempotency_key=f"api:{idempotency_key}" if idempotency_key else "",
        then=form.then or "",
    )
    response["Location"] = reverse("api-v1:get_message", args=[conversation_id, message.pk])
    return {"id": message.pk, "conversation": conversation_id, "state": message.outgoing.state}
