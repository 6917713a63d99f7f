"""Rows of the list, rendered for whoever looks: the page's and the stream's are the same."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import close_old_connections
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tradewind.identity import services as identity
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Conversation, State
from tradewind.inbox.queries import rows_of
from tradewind.inbox.timeline import draft_texts
from tradewind.nlp.pii import Kind
from tradewind.triage.problem_map import current_map, default_nodes
from tradewind.web.parts.clocks import duration_text
from tradewind.web.seen import cover_rows

_SOON = timedelta(hours=4)


class Eyes(NamedTuple):
    """Whose rows are alike: those of one language from whom the same is hidden."""

    language: str
    hidden: frozenset[Kind]


def live_rows(
    workspace_id: int, conversation_ids: Sequence[int], eyes: Iterable[Eyes]
) -> dict[Eyes, list[dict[str, Any]]]:
    """The rows of changed conversations for each pair of eyes, with what decides their place."""
    close_old_connections()
    with in_workspace(workspace_id):
        minutes = identity.first_response_minutes()
        drafts = draft_texts(conversation_ids)
        rows: dict[Eyes, list[dict[str, Any]]] = {}
        for seen_by in eyes:
            # Read anew for each: rows are blacked out in place.
            conversations = rows_of(conversation_ids)
            with translation.override(seen_by.language):
                _furnish(conversations, company_minutes=minutes, drafts=drafts)
                cover_rows(seen_by.hidden, conversations)
                labels = problem_labels() if conversations else {}
                rows[seen_by] = [_live_row(c, labels) for c in conversations]
        return rows


def _live_row(conversation: Conversation, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "rank": conversation.rank_at.isoformat(),
        "in": views_of(conversation),
        "assignee": conversation.assignee_id,
        "html": render_row(conversation, labels),
    }


# Rows as they were rendered: colleagues look at the same ones, and a row says the same for half a
# minute (clocks tick in the browser). Bounded; a process more or less makes no difference.
_rendered: dict[tuple[Any, ...], SafeString] = {}
_MOST_RENDERED = 4000
_SAME_FOR = 30


def render_row(c: Any, labels: dict[str, str]) -> SafeString:
    """One row of the list; ``c`` is a furnished conversation."""
    store = (c.store.name, c.store.country, c.store.platform) if c.store else None
    key = (
        (c.pk, translation.get_language(), timezone.get_current_timezone_name()),
        # Not all at the same moment, or once in a while a page would render every row.
        int((time.time() + c.pk % _SAME_FOR) // _SAME_FOR),
        (c.buyer_name, c.platform, c.country, store, c.subject, c.preview, c.draft_text),
        (c.language, c.intent, c.emotion, c.urgency, tuple(c.threats or ()), c.state),
        (c.unread_count, c.last_is_ours, c.has_failed_send, c.last_message_at, c.rank_at),
        tuple((k["owner"], k["due"], k["start"], k["rule"]) for k in c.clocks),
        tuple(labels.items()),
    )
    if (html := _rendered.get(key)) is None:
        html = render_to_string("inbox/row.html", {"c": c, "problem_labels": labels})
        if len(_rendered) >= _MOST_RENDERED:
            _rendered.clear()
        _rendered[key] = html
    return html


def furnish(
    conversations: Sequence[Conversation], *, company_minutes: int, hidden: Collection[Kind]
) -> None:
    """Put beside each conversation what its row shows, and take away what is hidden."""
    drafts = draft_texts(c.pk for c in conversations)
    _furnish(conversations, company_minutes=company_minutes, drafts=drafts)
    cover_rows(hidden, conversations)


def _furnish(
    conversations: Sequence[Conversation], *, company_minutes: int, drafts: dict[int, str]
) -> None:
    for c in conversations:
        c.clocks = clocks_of(c, company_minutes=company_minutes)  # type: ignore[attr-defined]
        c.draft_text = drafts.get(c.pk, "")  # type: ignore[attr-defined]


def clocks_of(conversation: Conversation, *, company_minutes: int) -> list[dict[str, Any]]:
    """The clocks that run, each with when it began and the rule in words."""
    store = conversation.store
    minutes = store.response_minutes if store else None
    facts = (
        ("platform", conversation.platform_due_at, minutes),
        ("company", conversation.company_due_at, company_minutes),
    )
    return [
        {
            "owner": owner,
            "due": due,
            "start": due - timedelta(minutes=given) if given else None,
            "rule": _rule(given),
        }
        for owner, due, given in facts
        if due
    ]


def _rule(minutes: int | None) -> str:
    if not minutes:
        return ""
    span = duration_text(timedelta(minutes=minutes))
    return _("an answer within %(span)s of the buyer’s oldest open question") % {"span": span}


def problem_labels() -> dict[str, str]:
    """The seller's own words for problems, where they differ from the map everybody starts with."""
    zh = (translation.get_language() or "").startswith("zh")
    name = "zh" if zh else "en"
    ours = {node["code"]: node[name] for node in default_nodes()}
    return {
        node["code"]: node[name]
        for node in current_map().nodes
        if ours.get(node["code"]) != node[name]
    }


def views_of(conversation: Conversation) -> list[str]:
    """The built-in views that show this conversation, beside that of its assignee."""
    if conversation.state == State.RESOLVED:
        return ["resolved", *(["failed"] if conversation.has_failed_send else [])]
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
