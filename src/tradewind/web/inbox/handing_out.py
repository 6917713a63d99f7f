"""Files, mail as it was sent, addresses in the clear, and the search of everything."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tradewind.commerce import queries as commerce
from tradewind.identity import services as identity
from tradewind.identity.errors import NotAllowed
from tradewind.identity.hiding import hidden_from
from tradewind.identity.roles import Right
from tradewind.inbox import attachments, queries, timeline
from tradewind.inbox.models import Attachment, AttachmentState, Message
from tradewind.inbox.search import search
from tradewind.journey import media
from tradewind.web.auth import screen
from tradewind.web.inbox.aside import order_facts
from tradewind.web.inbox.asking import actor_in
from tradewind.web.parts.channels import channel_letters
from tradewind.web.seen import cover_buyers, cover_rows, may_open_files, may_see_mail

_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'"
_MAIL = (
    "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self';"
    # As its frame says too: a tab of its own must not let it out.
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
_IMAGE = re.compile(r"<img\b([^>]*)>")
_REMOTE = re.compile(r'\sdata-src="(https?://[^"]*)"')
_INSIDE = re.compile(r'\sdata-cid="([^"]*)"')


@require_GET
@screen(Right.READ)
def file(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """A file of a conversation; only pictures are shown, all else is for saving."""
    actor = actor_in(request)
    row = attachments.get_attachment(actor, attachment_id)
    if row.mime not in _SHOWN and not may_open_files(actor):
        raise NotAllowed(Right.SEE_ADDRESS)
    if row.state == AttachmentState.REMOTE:
        row = media.fetch_now(row)
    data = attachments.read(row)
    shown = row.mime in _SHOWN and _looks_like_picture(data)
    if not shown and not may_open_files(actor):
        raise NotAllowed(Right.SEE_ADDRESS)
    response = HttpResponse(data, content_type=row.mime if shown else "application/octet-stream")
    kept = not shown or "save" in request.GET
    response["Content-Disposition"] = content_disposition_header(kept, row.name) or "attachment"
    response["Content-Security-Policy"] = _SEALED
    response["Cache-Control"] = "private, max-age=3600"
    if not shown:
        identity.audit(actor, "file.read", subject=row)
    return response


def _looks_like_picture(data: bytes) -> bool:
    """Whether the first bytes are those of a picture: what a stranger says of a file is a guess."""
    starts = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
    return data.startswith(starts)


@require_GET
@screen(Right.READ)
def mail(request: HttpRequest, message_id: int) -> HttpResponse:
    """A mail as it was sent, for a sandboxed frame; remote pictures only when asked for."""
    message = timeline.get_message(actor_in(request), message_id)
    if not may_see_mail(actor_in(request), message):
        refusal = HttpResponse(_("Something in this mail is hidden from your role."), status=403)
        refusal["X-Frame-Options"] = "SAMEORIGIN"
        return refusal
    remote = "images" in request.GET
    files = {a.content_id: a for a in message.attachments.exclude(content_id="")}
    body = _IMAGE.sub(lambda hit: _picture(hit[1], files, remote=remote), message.html)
    response = HttpResponse(
        f'<!doctype html><meta charset="utf-8"><title>{escape(message.subject)}</title>'
        '<meta name="referrer" content="no-referrer">'
        "<style>body{margin:12px;font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere;"
        "color:#1c1b19;background:#fff}img{max-width:100%;height:auto}table{max-width:100%}"
        f"</style><body>{body}"
    )
    images = "'self' data: https: http:" if remote else "'self' data:"
    response["Content-Security-Policy"] = _MAIL.format(images=images)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-store"
    return response


def _picture(attributes: str, files: dict[str, Attachment], *, remote: bool) -> str:
    if inside := _INSIDE.search(attributes):
        known = files.get(inside[1].strip("<>")) or files.get(f"<{inside[1]}>")
        source = reverse("inbox_file", args=[known.pk]) if known else ""
    elif (found := _REMOTE.search(attributes)) and remote:
        source = found[1]
    else:
        source = ""
    rest = _REMOTE.sub("", _INSIDE.sub("", attributes)).rstrip("/")
    return f'<img{rest} src="{source}">' if source else ""


def has_remote_pictures(message: Message) -> bool:
    """Whether anything of the mail is turned off."""
    return bool(_REMOTE.search(message.html))


@require_POST
@screen(Right.SEE_ADDRESS)
def address(request: HttpRequest, order_id: int) -> HttpResponse:
    """The address of an order in the clear; that it was read is written down."""
    actor = actor_in(request)
    order = commerce.get_order(actor, order_id)
    identity.audit(actor, "address.read", subject=order)
    return render(request, "inbox/address.html", {"facts": order_facts(order, clear=True)})


@require_GET
@screen(Right.READ)
def find(request: HttpRequest) -> JsonResponse:
    """What the palette finds: conversations and buyers."""
    actor, query = actor_in(request), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    if not query:
        return JsonResponse([], safe=False)
    ids = search(actor, query, limit=12)
    rows, buyers = queries.rows_of(ids), commerce.buyers(actor, query=query, size=6).rows
    cover_rows(hidden_from(actor), rows)
    cover_buyers(actor, buyers)
    by_id = {c.pk: c for c in rows}
    found: list[dict[str, Any]] = [
        {
            "title": c.subject or c.preview or f"#{c.pk}",
            "url": reverse("conversation", args=[c.pk]),
            "hint": " · ".join(
                part for part in (c.buyer_name, channel_letters(c.platform)[1], f"#{c.pk}") if part
            ),
            "group": _("Conversations"),
        }
        for i in ids[:12]
        if (c := by_id.get(i))
    ]
    found += [
        {
            "title": b.name or f"#{b.pk}",
            "url": reverse("buyer", args=[b.pk]),
            "hint": b.country,
            "group": _("Buyers"),
        }
        for b in buyers
    ]
    return JsonResponse(found, safe=False)
