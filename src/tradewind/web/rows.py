"""Rows of the list, rendered for whoever looks: the page's and the stream's are the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import close_old_connections
from django.template.loader import render_to_string
from django.utils import timezone, translation

from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, State

_SOON = timedelta(hours=4)


def live_rows(
    workspace_id: int, conversation_ids: Sequence[int], languages: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """The rows of changed conversations in each language, with what decides where they stand."""
    close_old_connections()
    with in_workspace(workspace_id):
        conversations = list(
            Conversation.objects.filter(pk__in=conversation_ids).select_related(
                "store", "assignee", "order"
            )
        )
        rows: dict[str, list[dict[str, Any]]] = {}
        for language in languages:
            with translation.override(language):
                rows[language] = [_live_row(c) for c in conversations]
        return rows


def _live_row(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "rank": conversation.rank_at.isoformat(),
        "in": views_of(conversation),
        "assignee": conversation.assignee_id,
        "html": render_row(conversation),
    }


def render_row(conversation: Conversation) -> str:
    """One row of the list."""
    return render_to_string("inbox/row.html", {"c": conversation})


def views_of(conversation: Conversation) -> list[str]:
    """The built-in views that show this conversation, beside that of its assignee."""
    if conversation.state == State.RESOLVED:
        return ["resolved"]
    soon = timezone.now() + _SOON
    dues = [d for d in (conversation.platform_due_at, conversation.company_due_at) if d]
    facts = {
        "all": True,
        "unassigned": conversation.assignee_id is None,
        "due": any(due < soon for due in dues),
        "risk": conversation.urgency == "critical" or bool(conversation.threats),
        "failed": conversation.has_failed_send,
    }
    return [name for name, holds in facts.items() if holds]
