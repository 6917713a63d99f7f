"""Channels and their health: what came, what failed, replay, back-fill, pause."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tradewind.channels import health
from tradewind.channels import services as channel_services
from tradewind.channels.health import Day
from tradewind.channels.mail.errors import MailboxRefused, MailboxUnreachable
from tradewind.channels.models import Channel, ChannelState
from tradewind.commerce import stores as commerce
from tradewind.identity.auditing import entries_about
from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.journey import backfilling
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.settings_pages.channel_forms import BackfillForm
from tradewind.web.settings_pages.places import page, refused, saved

_RECENT = 50
_CHART_HEIGHT = 38
_BAR = 8


@screen(Right.REPLAY)
def channels(request: DeskRequest) -> HttpResponse:
    """Every channel and how it does."""
    found = health.healths(request.actor)
    stores = commerce.stores_of_channels()
    return page(
        request,
        "channels",
        at="channels",
        rows=[(one, stores.get(one.channel.pk)) for one in found],
        may_set_up=request.actor.may(Right.SET_UP),
    )


@screen(Right.REPLAY)
def channel(request: DeskRequest, channel_id: int) -> HttpResponse:
    """One channel's ledger."""
    found = health.get_channel_to_watch(request.actor, channel_id)
    state = request.GET.get("state", "")
    state = state if state in ("failed", "waiting") else ""
    today = timezone.localdate()
    return page(
        request,
        "channel",
        at="channels",
        channel=found,
        state=state,
        hook_url=hook_url(found),
        store=commerce.stores_of_channels().get(found.pk),
        deliveries=health.recent_deliveries(found, limit=_RECENT, state=state),
        refusals=health.recent_refusals(found, limit=10),
        ledger=channel_services.ledger(found),
        may_set_up=request.actor.may(Right.SET_UP),
        backfill_form=BackfillForm(initial={"since": today, "until": today}),
        backfills=entries_about("channel", found.pk, act=backfilling.DONE, limit=3),
        **health_context(found),
    )


def health_context(found: Channel) -> dict[str, Any]:
    """What the health part of a page shows of a channel."""
    day = health.day_of(found)
    return {"health": health.health_of(found), "day": day, "bars": bars_of(day)}


def bars_of(day: Day) -> list[dict[str, Any]]:
    """The bars of a day's chart: place and height in its view box, whether in a gap."""
    most = max(day.counts, default=0) or 1
    bars = []
    for slot, count in enumerate(day.counts):
        at = day.since + health.SLOT * slot
        height = max(1, round(count / most * _CHART_HEIGHT))
        is_gap = any(gap.since <= at < gap.until for gap in day.gaps)
        bars.append(
            {
                "x": slot * _BAR,
                "y": _CHART_HEIGHT + 2 - height,
                "height": height,
                "is_gap": is_gap,
                "count": count,
                "at": at,
            }
        )
    return bars


def hook_url(found: Channel) -> str:
    """The address that the platform delivers to."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/hooks/{found.key}"


@require_POST
@screen(Right.REPLAY)
def replay(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Apply one failed delivery again, or all of them."""
    found = health.get_channel_to_watch(request.actor, channel_id)
    one = request.POST.get("delivery", "")
    ids = [int(one)] if one.isdecimal() and len(one) < 19 else None
    count = channel_services.replay(request.actor, found, delivery_ids=ids)
    text = ngettext(
        "%(n)s delivery is applied again.", "%(n)s deliveries are applied again.", count
    )
    return saved(request, text % {"n": count}, "settings_channel", channel_id)


@require_POST
@screen(Right.REPLAY)
def backfill(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Have the mail of some days taken in."""
    found = health.get_channel_to_watch(request.actor, channel_id)
    form = BackfillForm(request.POST)
    if not form.is_valid():
        return refused(request, Invalid(str(_("Wanted two days."))), "settings_channel", channel_id)
    try:
        backfilling.start_backfill(request.actor, found, **form.cleaned_data)
    except Invalid as refusal:
        return refused(request, refusal, "settings_channel", channel_id)
    text = _("The mail of these days is being taken in; what is known already is passed over.")
    return saved(request, text, "settings_channel", channel_id)


@require_POST
@screen(Right.SET_UP)
def set_state(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Go live, pause, go on."""
    found = channel_services.get_channel(request.actor, channel_id)
    state = request.POST.get("state", "")
    try:
        if found.platform == "email" and state == ChannelState.LIVE:
            backfilling.go_live(request.actor, found)
        else:
            channel_services.change_channel(request.actor, found, state=state)
    except (Invalid, MailboxRefused, MailboxUnreachable) as refusal:
        return refused(request, refusal, "settings_channel", channel_id)
    text = _("The channel is live.") if state == ChannelState.LIVE else _("The channel is paused.")
    return saved(request, text, "settings_channel", channel_id)
