"""Deeds: assign, state, snooze, bulk, correct, saved views, who is here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.inbox import live, overview, queries, services, timeline
from tradewind.inbox.models import Conversation, State
from tradewind.journey import correcting
from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, THREATS, URGENCIES
from tradewind.triage import problem_map
from tradewind.triage import services as triage
from tradewind.web.auth import screen
from tradewind.web.inbox import happenings
from tradewind.web.inbox.asking import actor_in, told
from tradewind.web.inbox.choices import as_dict, choice_of, leaf_of
from tradewind.web.parts.people import colleague_letters
from tradewind.web.parts.problems import BRANCHES
from tradewind.web.rows import problem_labels

_MOST = 200
_MORNING = 9


def snoozes() -> dict[str, tuple[str, datetime]]:
    """Until when one can snooze: words and moment by name."""
    now = timezone.localtime()
    morning = now.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=7 - now.weekday())
    return {
        "3h": (_("In 3 hours"), now + timedelta(hours=3)),
        "tomorrow": (_("Tomorrow 9:00"), morning + timedelta(days=1)),
        "3d": (_("In 3 days"), morning + timedelta(days=3)),
        "monday": (_("Next Monday 9:00"), monday),
        "2w": (_("In 2 weeks"), morning + timedelta(days=14)),
    }


@require_POST
@screen(Right.ANSWER)
def state(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Open, wait, snooze or close one conversation."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    wanted = request.POST.get("state", "")
    services.set_state(actor, found, wanted, until=_until(request, wanted))
    said = {
        State.RESOLVED: _("Closed"),
        State.SNOOZED: _("Snoozed"),
        State.PENDING: _("Waits for the buyer"),
        State.OPEN: _("Open again"),
    }
    events: dict[str, Any] = {"toast": {"text": said[State(wanted)], "seconds": 3}}
    return told(HttpResponse(status=204), **events, **{"log-changed": {"id": found.pk}})


def _until(request: HttpRequest, wanted: str) -> datetime | None:
    if wanted != State.SNOOZED:
        return None
    named = request.POST.get("until", "")
    if named not in (known := snoozes()):
        raise Invalid(f"until: got “{named}”, wanted one of {', '.join(known)}")
    return known[named][1]


@require_POST
@screen(Right.ASSIGN)
def assign(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Give one conversation to somebody, or to nobody."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    _give(request, [found])
    return told(HttpResponse(status=204), **{"log-changed": {"id": found.pk}})


def _give(request: HttpRequest, found: Sequence[Conversation]) -> None:
    actor, person = actor_in(request), request.POST.get("person", "")
    person_id = actor.person_id if person == "me" else int(person) if person.isdecimal() else None
    for one in found:
        services.assign(actor, one, person_id=person_id)


@require_POST
@screen(Right.ANSWER)
def bulk(request: HttpRequest) -> HttpResponse:
    """Do one thing to the conversations picked."""
    actor, act = actor_in(request), request.POST.get("act", "")
    ids = [int(i) for i in request.POST.getlist("id")[:_MOST] if i.isdecimal()]
    found = list(queries.visible_to(actor).filter(pk__in=ids).order_by("id"))
    if act == "assign":
        actor.require(Right.ASSIGN)
        _give(request, found)
    elif act in ("resolve", "no_reply"):
        for one in found:
            services.set_state(actor, one, State.RESOLVED)
            if act == "no_reply":
                services.note_activity(one, actor, "no_reply")
    else:
        raise Invalid(f"act: got “{act}”, wanted assign, resolve or no_reply")
    n = len(found)
    text = ngettext("%(n)d conversation changed", "%(n)d conversations changed", n) % {"n": n}
    return told(HttpResponse(status=204), toast={"text": text}, **{"bulk-done": {}})


@require_GET
@screen(Right.CORRECT)
def correcting_menu(request: HttpRequest, message_id: int) -> HttpResponse:
    """What a message can be corrected to: the problem map, moods, threats."""
    message = timeline.get_message(actor_in(request), message_id)
    shown = triage.readings_of([message.pk]).get(message.pk, {})
    labels = problem_labels()
    codes = problem_map.codes_of(problem_map.current_map())
    branches: dict[str, list[tuple[str, str]]] = {}
    for code in codes:
        root = code.partition(".")[0]
        name = labels.get(root) or str(BRANCHES.get(root, root))
        branches.setdefault(name, []).append((code, leaf_of(code, labels)))
    context = {
        "message": message,
        "shown": shown,
        "branches": branches,
        "emotions": _pairs(EMOTIONS, happenings.emotion_words()),
        "threats": _pairs(THREATS, happenings.threat_words()),
        "complaints": _pairs(COMPLAINTS, happenings.complaint_words()),
        "urgencies": _pairs(URGENCIES, happenings.urgency_words()),
    }
    return render(request, "inbox/correcting.html", context)


def _pairs(values: Sequence[str], words: dict[str, str]) -> list[tuple[str, str]]:
    return [(value, words.get(value, value)) for value in values]


@require_POST
@screen(Right.CORRECT)
def correct(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take one correction: kept for ever, shown at once."""
    actor = actor_in(request)
    message = timeline.get_message(actor, message_id)
    field = request.POST.get("field", "")
    value: Any = request.POST.get("value", "")
    if field == "threats":
        value = request.POST.getlist("value")
    correcting.correct(actor, message, field=field, now=value)
    events = {
        "toast": {"text": _("Thank you, kept: it is what the reader learns from"), "seconds": 3},
        "log-changed": {"id": message.conversation_id},
        "corrected": {"id": message.pk},
    }
    return told(HttpResponse(status=204), **events)


@require_POST
@screen(Right.READ)
def save_view(request: HttpRequest) -> HttpResponse:
    """Give the filter in force a name."""
    actor = actor_in(request)
    choice = choice_of(as_dict(request.POST), actor=actor)
    overview.save_view(actor, name=request.POST.get("name", ""), query=choice.saved_as)
    return told(HttpResponse(status=204), **{"views-changed": {}})


@require_POST
@screen(Right.READ)
def drop_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a named filter."""
    overview.drop_view(actor_in(request), view_id)
    return told(HttpResponse(status=204), **{"views-changed": {}})


@require_POST
@screen(Right.READ)
def presence(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Tell colleagues who looks, who writes and who has left."""
    actor = actor_in(request)
    found = queries.get_conversation(actor, conversation_id)
    doing = request.POST.get("state", "")
    if doing not in ("looking", "writing", "idle", "gone"):
        raise Invalid(f"state: got “{doing}”, wanted looking, writing, idle or gone")
    name = str(actor.person)
    live.tell(
        "presence",
        [],
        conversation=found.pk,
        person=actor.person_id,
        name=name,
        letters=colleague_letters(name),
        state=doing,
    )
    return HttpResponse(status=204)
