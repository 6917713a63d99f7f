"""Writing: replies, notes, drafts, the check before, undo and retry after."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tradewind.channels.sealing import account_of
from tradewind.identity import services as identity
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.models import Membership
from tradewind.identity.roles import Right
from tradewind.inbox import attachments, queries, services, timeline
from tradewind.inbox.models import Conversation, State
from tradewind.journey import policy, reply
from tradewind.web.auth import screen
from tradewind.web.inbox.asking import actor_in, instead, told
from tradewind.web.inbox.writing_context import composer_context, send_key
from tradewind.web.parts.sentences import said
from tradewind.web.seen import cover_message

_MENTION = re.compile(r"@([^\s@,，。:：]+(?: [^\s@,，。:：]+)?)")


@require_POST
@screen(Right.ANSWER)
def write(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Send a reply or keep a note; the composer comes back empty, or says why not."""
    found = queries.get_conversation(actor_in(request), conversation_id)
    try:
        if request.POST.get("kind") == "note":
            return _note(request, found)
        return _reply(request, found)
    except reply.PolicyStop as stop:
        context = {"findings": stop.findings, "passed": 0}
        answer = render(request, "inbox/checks.html", context, status=422)
        return instead(answer, "[data-checks]")
    except Conflict as conflict:
        return _stale(request, found, conflict)
    except Invalid as invalid:
        answer = render(request, "inbox/refused.html", {"says": said(invalid.detail)}, status=422)
        return instead(answer, "[data-checks]")


def _reply(request: HttpRequest, found: Conversation) -> HttpResponse:
    actor, then = actor_in(request), request.POST.get("then", "")
    message = reply.write(
        actor,
        found,
        request.POST.get("text", ""),
        base_message_id=_number(request.POST.get("base")),
        idempotency_key=request.POST.get("key", "")[:120],
        attachment_ids=[int(i) for i in request.POST.getlist("file") if i.isdecimal()],
        hold=reply.UNDO,
        then=State.RESOLVED if then == "close" else "",
    )
    found = queries.get_conversation(actor, found.pk)
    toast = {
        "text": _("Goes out in %(n)d seconds") % {"n": reply.UNDO.seconds},
        "undo": reverse("inbox_take_back", args=[message.pk]) + f"?c={found.pk}",
        "seconds": reply.UNDO.seconds,
    }
    answer = render(request, "inbox/composer.html", composer_context(actor, found))
    events = {"toast": toast, "log-changed": {"id": found.pk}}
    if then == "next":
        events["open-next"] = {"id": found.pk}
    return told(answer, **events)


def _note(request: HttpRequest, found: Conversation) -> HttpResponse:
    actor, text = actor_in(request), request.POST.get("text", "")
    people = identity.people_of(actor.workspace_id)
    services.add_note(actor, found, text, mentions=mentioned(text, people))
    answer = render(request, "inbox/composer.html", composer_context(actor, found))
    return told(answer, **{"log-changed": {"id": found.pk}})


def mentioned(text: str, people: Sequence[Membership]) -> list[int]:
    """The colleagues named with an @ in a text, by name, first name or address."""
    wanted = {name.casefold() for hit in _MENTION.findall(text) for name in (hit, hit.split()[0])}
    found = []
    for member in people:
        person = member.person
        names = {person.name, person.name.split(" ")[0], person.email, person.email.split("@")[0]}
        if wanted & {name.casefold() for name in names if name}:
            found.append(person.pk)
    return found


def _stale(request: HttpRequest, found: Conversation, conflict: Conflict) -> HttpResponse:
    """What the buyer said meanwhile, or what of this reply is sent already: its answer was lost."""
    sent, newer = conflict.extra.get("sent"), conflict.extra.get("message")
    shown = sent or newer
    message = timeline.get_message(actor_in(request), shown) if isinstance(shown, int) else None
    if message is not None:
        cover_message(actor_in(request), message)
    context = {"c": found, "message": message, "new_key": send_key() if sent else ""}
    return instead(render(request, "inbox/stale.html", context, status=409), "[data-stale]")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


@require_POST
@screen(Right.ANSWER)
def draft(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Keep what is being written; says what arrived meanwhile without losing the draft."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    is_note = request.POST.get("kind") == "note"
    base = _number(request.POST.get("base"))
    services.save_draft(
        actor, found, request.POST.get("text", ""), is_note=is_note, base_message_id=base
    )
    if not is_note:
        try:
            services.require_fresh(found, base)
        except Conflict as conflict:
            return _stale(request, found, conflict)
    return HttpResponse(status=204)


@require_GET
@screen(Right.READ)
def composer(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The composer as the server knows it; ``fresh`` takes what arrived as seen."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    context = composer_context(actor, found)
    if "fresh" in request.GET:
        context["base_id"] = found.last_message_id or ""
    return render(request, "inbox/composer.html", context)


@require_POST
@screen(Right.ANSWER)
def check(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What stands against sending this text."""
    found = queries.get_conversation(actor_in(request), conversation_id)
    text = request.POST.get("text", "")[: services.MAX_TEXT]
    if request.POST.get("kind") == "note" or not text.strip():
        return render(request, "inbox/checks.html", {"findings": [], "passed": 0})
    result = policy.check(
        text,
        account=account_of(found.channel),
        platform=found.platform,
        language=found.language,
        file_sizes=_sizes(request, found),
        context=found.reply_context,
    )
    context = {"findings": result.findings, "passed": result.passed}
    return render(request, "inbox/checks.html", context)


def _sizes(request: HttpRequest, found: Conversation) -> list[int]:
    draft = composer_context(actor_in(request), found)["reply_draft"]
    return [a.size for a in draft.attachments.all()] if draft else []


@require_POST
@screen(Right.ANSWER)
def take_back(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take a reply back within its ten seconds; the text is a draft again."""
    actor = actor_in(request)
    message = timeline.get_message(actor, message_id)
    reply.take_back(actor, message)
    events = {"taken-back": {"id": message.conversation_id}}
    return told(HttpResponse(status=204), **events)


@require_POST
@screen(Right.ANSWER)
def retry(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send a reply that failed once more, changed or not."""
    actor = actor_in(request)
    message = timeline.get_message(actor, message_id)
    text = request.POST.get("text")
    reply.retry(actor, message, text=text if text and text.strip() else None)
    events = {"log-changed": {"id": message.conversation_id}}
    return told(HttpResponse(status=204), **events)


@require_POST
@screen(Right.ANSWER)
def vouch(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take somebody's word that the buyer has a reply of which the platform said nothing."""
    actor = actor_in(request)
    message = timeline.get_message(actor, message_id)
    reply.vouch(actor, message)
    return told(HttpResponse(status=204), **{"log-changed": {"id": message.conversation_id}})


@require_POST
@screen(Right.ANSWER)
def upload(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Put files to the reply being written."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    refused = ""
    try:
        for file in request.FILES.getlist("files"):
            attachments.attach(
                actor,
                found,
                name=file.name or "file",
                mime=file.content_type or "",
                data=file.read(attachments.MAX_BYTES + 1),
            )
    except Invalid as invalid:
        refused = said(invalid.detail)
    return _files(request, found, refused=refused)


@require_POST
@screen(Right.ANSWER)
def detach(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Take a file off the reply being written."""
    return _files(request, attachments.detach(actor_in(request), attachment_id))


def _files(request: HttpRequest, found: Conversation, *, refused: str = "") -> HttpResponse:
    context = composer_context(actor_in(request), found) | {"refused": refused}
    return render(request, "inbox/draft_files.html", context)
