"""Moments as words: how long ago, and which day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def ago_text(moment: datetime, *, now: datetime) -> str:
    """How long ago, short enough for a row: ``now``, ``52m``, ``20h``, ``3d``, then the date."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return pgettext("time since", "now")
    if seconds < 3600:
        return pgettext("time since", "%(n)dm") % {"n": seconds // 60}
    if seconds < 86400:
        return pgettext("time since", "%(n)dh") % {"n": seconds // 3600}
    if seconds < 7 * 86400:
        return pgettext("time since", "%(n)dd") % {"n": seconds // 86400}
    return day_text(moment, now=now)


def day_text(moment: datetime, *, now: datetime) -> str:
    """The day in the current time zone, with the year only when it is another one."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.year == today.year:
        return date_format(local, pgettext("day of this year", "j M"))
    return date_format(local, pgettext("day of another year", "j M Y"))


def day_heading(moment: datetime, *, now: datetime) -> str:
    """The heading of a day in a thread: ``Today, Tue 24 Nov``."""
    local, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    pattern = (
        pgettext("heading of a day of this year", "D j M")
        if local.year == today.year
        else pgettext("heading of a day of another year", "D j M Y")
    )
    day = date_format(timezone.localtime(moment), pattern)
    if local == today:
        return _("Today, %(day)s") % {"day": day}
    if local == today - timedelta(days=1):
        return _("Yesterday, %(day)s") % {"day": day}
    return day
