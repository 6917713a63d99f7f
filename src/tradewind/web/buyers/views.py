"""The list of buyers, and one buyer."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from tradewind.commerce import queries as commerce
from tradewind.identity.roles import Right
from tradewind.web.auth import screen
from tradewind.web.inbox.aside import buyer_facts
from tradewind.web.inbox.asking import actor_in
from tradewind.web.rows import problem_labels
from tradewind.web.seen import cover_buyers


@require_GET
@screen(Right.READ)
def buyers(request: HttpRequest) -> HttpResponse:
    """Buyers, last seen first; found by the beginning of a name or a whole alias."""
    query = request.GET.get("q", "").replace("\x00", "")[:200]
    cursor = request.GET.get("cursor", "")
    actor = actor_in(request)
    page = commerce.buyers(actor, query=query, cursor=cursor)
    cover_buyers(actor, page.rows)
    following = urlencode({"q": query, "cursor": page.next}) if page.next else ""
    context = {
        "rows": page.rows,
        "query": query,
        "next_url": f"{reverse('buyers')}?{following}" if following else "",
    }
    return render(request, "buyers/list.html", context)


@require_GET
@screen(Right.READ)
def buyer(request: HttpRequest, buyer_id: int) -> HttpResponse:
    """Everything known of one buyer."""
    actor = actor_in(request)
    found = commerce.get_buyer(actor, buyer_id)
    cover_buyers(actor, [found])
    context = {"buyer": found, "problem_labels": problem_labels()} | buyer_facts(actor, found.pk)
    return render(request, "buyers/buyer.html", context)
