"""Bring an old sample up to today, so that its desk still looks alive on a later day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.transaction import atomic

from tradewind.identity.models import Workspace
from tradewind.identity.owned import Owned
from tradewind.identity.scope import in_workspace
from tradewind.inbox.models import Message
from tradewind.project.sample.house import SAMPLE

_DAY = timedelta(days=1)
_APPS = ("channels", "commerce", "inbox", "triage")
_EVENTS = """
UPDATE commerce_shipment SET events = (
    SELECT jsonb_agg(event || jsonb_build_object('at',
        to_char(((event->>'at')::timestamptz + %s) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
        || '+00:00') ORDER BY place)
    FROM jsonb_array_elements(events) WITH ORDINALITY AS e(event, place))
WHERE workspace_id = %s AND events <> '[]'
"""


def refresh_sample(now: datetime) -> int:
    """Move every time of the sample by whole days when its newest message is older than one.

    Gives the days moved. A workspace that real messages have come into is left as it is. Days that
    are written out in texts stay.
    """
    moved = 0
    for workspace in Workspace.objects.filter(is_sample=True):
        with in_workspace(workspace.pk), atomic():
            Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
            moved = max(moved, _refresh(workspace.pk, now))
    return moved


def _refresh(workspace_id: int, now: datetime) -> int:
    if Message.objects.exclude(channel__config__contains={SAMPLE: True}).exists():
        return 0
    newest = Message.objects.aggregate(at=models.Max("sent_at"))["at"]
    days: int = (now - newest) // _DAY if newest else 0
    if days < 1:
        return 0
    by: Any = days * _DAY
    with connection.cursor() as cursor:
        for table, columns in _dated_tables():
            sets = ", ".join(f"{column} = {column} + %s" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {sets} WHERE workspace_id = %s",  # noqa: S608  # our own names
                [by] * len(columns) + [workspace_id],
            )
        cursor.execute(_EVENTS, [by, workspace_id])
    return days


def _dated_tables() -> list[tuple[str, list[str]]]:
    """Every table of the desk with its columns that hold a moment."""
    found = []
    for model in apps.get_models():
        if not issubclass(model, Owned) or model._meta.app_label not in _APPS:
            continue
        columns = [
            str(field.column)
            for field in model._meta.local_concrete_fields
            if isinstance(field, models.DateTimeField)
        ]
        if columns:
            found.append((model._meta.db_table, columns))
    return found
