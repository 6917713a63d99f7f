"""/attachments/{id}: the bytes of a file."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router

from tradewind.api.access import Needs, ProgramRequest
from tradewind.api.forms import Id
from tradewind.identity.errors import NotFound
from tradewind.identity.roles import Scope
from tradewind.inbox import queries
from tradewind.inbox.storage import file_store

router = Router(tags=["Conversations"])
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_BYTES = {
    "responses": {
        200: {
            "description": "The file, to be saved and not shown",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    }
}


@router.get(
    "/attachments/{attachment_id}",
    auth=Needs(Scope.CONVERSATIONS_READ),
    summary="Download a file of a message",
    openapi_extra=_BYTES,
)
def download_attachment(request: ProgramRequest, attachment_id: Id) -> Any:
    """Always as a download: what a stranger sent is never run in this site's name."""
    attachment = queries.get_attachment(request.auth, attachment_id)
    try:
        data = file_store().get(attachment.storage_key)
    except FileNotFoundError:
        raise NotFound("file: it is not here any more") from None
    response = HttpResponse(data, content_type="application/octet-stream")
    name = _CONTROLS.sub("_", attachment.name) or "file"
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
