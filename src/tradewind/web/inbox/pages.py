"""The workspace's pages and the pieces of them that are read again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tradewind.commerce import queries as commerce
from tradewind.identity import services as identity
from tradewind.identity.names import colleagues_of
from tradewind.identity.roles import Right
from tradewind.inbox import live, overview, queries, services, timeline
from tradewind.inbox.models import Conversation
from tradewind.triage import services as triage
from tradewind.web.auth import screen
from tradewind.web.inbox import kept
from tradewind.web.inbox.aside import aside_context
from tradewind.web.inbox.asking import actor_in, fragment, is_prefetch
from tradewind.web.inbox.choices import as_dict, choice_of
from tradewind.web.inbox.deeds import snoozes
from tradewind.web.inbox.lists import fresh_rows, list_context, pane_context, places
from tradewind.web.inbox.thread import entries_of
from tradewind.web.inbox.writing_context import composer_context
from tradewind.web.rows import clocks_of, problem_labels
from tradewind.web.seen import cover_thread, may_open_files

_CHANGED_AT_ONCE = 50
_LONGEST_LOG = 2000


# One address gives a page or a piece of it: a browser going back must not show a kept piece.
@never_cache
@require_GET
@screen(Right.READ)
def inbox(request: HttpRequest) -> HttpResponse:
    """The workspace with no conversation open; the list alone when htmx asks for it."""
    choice = kept.choice_in(request)
    if fragment(request) == "list-pane":
        context = pane_context(actor_in(request), choice) | {"beside": True}
        answer = render(request, "inbox/pane.html", context)
    else:
        context = _listening() | pane_context(actor_in(request), choice)
        answer = render(request, "inbox/inbox.html", context)
    return kept.keep(answer, request, choice)


def _listening() -> dict[str, str]:
    """Where a page hears what comes after this moment: asked before anything on it is read."""
    return {"events_url": f"/events?last={live.newest()}"}


@require_GET
@screen(Right.READ)
def rows(request: HttpRequest) -> HttpResponse:
    """The next part of the list, or those of some changed conversations that belong into it."""
    actor = actor_in(request)
    choice = choice_of(as_dict(request.GET), actor=actor)
    if changed := [int(id_) for id_ in request.GET.get("ids", "").split(",") if id_.isdecimal()]:
        context = fresh_rows(actor, choice, changed[:_CHANGED_AT_ONCE])
    else:
        context = list_context(actor, choice, cursor=request.GET.get("cursor", ""))
    return render(request, "inbox/rows.html", context)


@require_GET
@screen(Right.READ)
def views(request: HttpRequest) -> HttpResponse:
    """The views beside the list, counted anew."""
    actor = actor_in(request)
    choice = choice_of(as_dict(request.GET), actor=actor)
    groups = places(
        actor,
        choice,
        stores=commerce.stores(actor),
        saved=overview.saved_views(actor),
    )
    context = {"groups": groups, "views_url": choice.address("inbox_views")}
    return render(request, "inbox/views.html", context)


@never_cache
@require_GET
@screen(Right.READ)
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """One conversation, in its page or alone."""
    actor = actor_in(request)
    is_alone = fragment(request) == "thread"
    listening = {} if is_alone else _listening()
    found = queries.get_conversation(actor, conversation_id)
    if not is_prefetch(request):
        _note_seen(request, found)
    context = listening | thread_context(request, found)
    read = {"order": context["order"]}
    context |= composer_context(actor, found, drafts=context["drafts"], **read)
    context |= aside_context(actor, found, "order", **read)
    if is_alone:
        return render(request, "inbox/thread.html", context | {"beside": True})
    choice = kept.choice_in(request)
    context |= pane_context(actor, choice)
    return kept.keep(render(request, "inbox/inbox.html", context), request, choice)


def thread_context(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """What header and log need."""
    actor = actor_in(request)
    most = _most_in(request)
    log = timeline.log_of(found, most=most)
    people = colleagues_of(actor.workspace_id)
    order = commerce.get_order(actor, found.order_id) if found.order_id else None
    asking = [m.pk for m in log.messages if m.direction == "in"]
    minutes = actor.membership.workspace.first_response_minutes if actor.membership else 0
    cover_thread(actor, found, log, order=order, drafts=log.drafts)
    return {
        "c": found,
        "order": order,
        "is_cut": log.is_cut,
        "most": most,
        "more": min(most + timeline.MOST, _LONGEST_LOG),
        "people": people,
        "clocks": clocks_of(found, company_minutes=minutes),
        "problem_labels": problem_labels(),
        "snoozes": snoozes(),
        "may_open_files": may_open_files(actor),
        "drafts": log.drafts,
        "others_drafts": [
            d for d in log.drafts if d.author_id != actor.person_id and d.text.strip()
        ],
        "newest_id": max((m.pk for m in log.messages), default=0),
        "entries": entries_of(
            found, log, readings=triage.readings_of(asking), order=order, people=people
        ),
    }


def _most_in(request: HttpRequest) -> int:
    """How many messages the reader has asked for by and by."""
    asked = request.GET.get("most", "")
    most = int(asked) if asked.isdecimal() and len(asked) < 6 else timeline.MOST
    return min(max(most, timeline.MOST), _LONGEST_LOG)


@require_GET
@screen(Right.READ)
def log(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """The log and the header of an open conversation, as they are now."""
    found = queries.get_conversation(actor_in(request), conversation_id)
    context = thread_context(request, found) | {"beside": True}
    return render(request, "inbox/log.html", context)


@require_GET
@screen(Right.READ)
def aside(request: HttpRequest, conversation_id: int, tab: str) -> HttpResponse:
    """One tab of the panel beside the conversation."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    context = {"c": found, "problem_labels": problem_labels()} | aside_context(actor, found, tab)
    return render(request, f"inbox/aside_{context['tab']}.html", context)


@require_POST
@screen(Right.READ)
def seen(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A conversation fetched ahead was really opened."""
    _note_seen(request, queries.get_conversation(actor_in(request), conversation_id))
    return HttpResponse(status=204)


def _note_seen(request: HttpRequest, found: Conversation) -> None:
    actor = actor_in(request)
    services.mark_read(actor, found)
    identity.audit_reading(actor, "conversation.read", subject=found)
