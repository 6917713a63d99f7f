"""The audit log: who did or read what, filtered, paged, as a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tradewind.identity import auditing, colleagues
from tradewind.identity.auditing import AuditFilter
from tradewind.identity.models import AuditEntry
from tradewind.identity.roles import Right
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.settings_pages.acts import act_words, detail_rows
from tradewind.web.settings_pages.places import page

PAGE = 100
_LONGEST_EXPORT = 50_000
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FilterForm(forms.Form):
    """Which entries."""

    person = forms.TypedChoiceField(label=_("Who"), coerce=int, empty_value=None, required=False)
    act = forms.ChoiceField(label=_("What"), required=False)
    subject = forms.CharField(label=_("About"), required=False, max_length=80)
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    before = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: DeskRequest) -> None:
        super().__init__(request.GET)
        members = colleagues.colleagues(request.actor)
        who: Any = self.fields["person"]
        who.choices = [("", "–"), *((m.person_id, str(m.person)) for m in members)]
        what: Any = self.fields["act"]
        acts = auditing.acts(request.actor)
        what.choices = [("", "–"), *((act, act_words(act)) for act in acts)]

    def wanted(self) -> AuditFilter:
        """The filter as far as it is well formed."""
        self.is_valid()
        given = self.cleaned_data
        return AuditFilter(
            person_id=given.get("person"),
            act=given.get("act") or "",
            subject=given.get("subject") or "",
            since=_midnight(given.get("since")),
            until=_midnight(given.get("until"), days=1),
            before=given.get("before"),
        )


@screen(Right.READ_AUDIT, Right.MANAGE_PEOPLE)
def audit(request: DeskRequest) -> HttpResponse:
    """A page of the log, newest first."""
    form = FilterForm(request)
    found = auditing.entries(request.actor, form.wanted(), limit=PAGE + 1)
    query = request.GET.copy()
    query.pop("before", None)
    rows = [(entry, act_words(entry.act), detail_rows(entry.detail)) for entry in found[:PAGE]]
    return page(
        request,
        "audit",
        at="audit",
        form=form,
        rows=rows,
        query=query.urlencode(),
        older=found[PAGE - 1].pk if len(found) > PAGE else None,
        is_first="before" not in request.GET,
    )


@screen(Right.READ_AUDIT, Right.MANAGE_PEOPLE)
def export(request: DeskRequest) -> HttpResponse:
    """The filtered log as CSV that spreadsheets open, times in UTC."""
    found = auditing.each_entry(request.actor, FilterForm(request).wanted(), limit=_LONGEST_EXPORT)
    response = HttpResponse("".join(_lines(found)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(found: Iterator[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The mark makes spreadsheets read UTF-8.
    yield "\ufeff" + str(writer.writerow(["id", "at", "who", "act", "about", "ip", "details"]))
    for entry in found:
        cells = [
            str(entry.pk),
            entry.at.astimezone(UTC).isoformat(timespec="seconds"),
            str(entry.person or entry.token or ""),
            entry.act,
            f"{entry.subject_kind} {entry.subject_id}".strip(),
            entry.ip or "",
            json.dumps(entry.detail, ensure_ascii=False),
        ]
        yield str(writer.writerow([_harmless(cell) for cell in cells]))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _midnight(day: Any, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day, time()) + timedelta(days=days))
