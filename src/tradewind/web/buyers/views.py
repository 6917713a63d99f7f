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


@require_GET
@screen(Right.READ)
def buyers(request: HttpRequest) -> HttpResponse:
    """Buyers, last seen first; found by the beginning of a name or a whole alias."""
    query = request.GET.get("q", "").replace("\x00", "")[:200]
    cursor = request.GET.get("cursor", "")
    page = commerce.buyers(actor_in(request), query=query, cursor=cursor)
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
    found = commerce.get_buyer(actor_in(request), buyer_id)
    context = {"buyer": found, "problem_labels": problem_labels()} | buyer_facts(found.pk)
    return render(request, "buyers/buyer.html", context)
