"""Connecting a channel: a mailbox in five steps, a platform or the API on one page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import select_template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.channels import services as channel_services
from tradewind.channels.health import health_of
from tradewind.channels.mail.checks import Check, provider_of_host
from tradewind.channels.models import Channel
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import secrets_of
from tradewind.channels.trying import try_mail, try_webhook
from tradewind.commerce import stores as commerce
from tradewind.identity.errors import Invalid
from tradewind.identity.roles import Right
from tradewind.journey import backfilling
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.parts.sentences import said
from tradewind.web.settings_pages.channel_forms import (
    ApiForm,
    BackfillForm,
    ChooseForm,
    PlatformForm,
    ServersForm,
    SignInForm,
    new_secret,
    own_secret,
    usual_servers,
)
from tradewind.web.settings_pages.channels import health_context, hook_url
from tradewind.web.settings_pages.places import page, saved, try_saving

STEPS = [
    ("choose", _("Choose")),
    ("signin", _("Sign in")),
    ("servers", _("Receive and send")),
    ("backfill", _("Back-fill")),
    ("live", _("Go live")),
]
_NO_WORDS = "settings_pages/how/none.html"
_KEYS = [key for key, _label in STEPS]
_CHECKS = {
    "dns": _("Name found"),
    "connect": _("Server answers"),
    "login": _("Signed in"),
    "folder": _("Folder readable"),
    "sender": _("May send as this address"),
}


@screen(Right.SET_UP)
def choose(request: DeskRequest) -> HttpResponse:
    """The first step: what is to be connected."""
    form = ChooseForm(request.POST if request.method == "POST" else None)
    made: list[Channel] = []
    if form.is_bound and try_saving(form, lambda: made.append(_create(request, form))):
        return redirect("settings_connect", made[0].pk)
    return page(request, "connect_choose", at="channels", form=form, steps=_steps("choose"))


@screen(Right.SET_UP)
def connect(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Where setting up goes on: the step of a mailbox, or the one page of the others."""
    channel = channel_services.get_channel(request.actor, channel_id)
    if channel.platform != "email":
        return _one_page(request, channel)
    has_signed_in = bool(secrets_of(channel).get("password"))
    step = "signin" if not has_signed_in else "servers"
    if has_signed_in and channel.config.get("imap_host"):
        step = "live"
    return redirect("settings_connect_step", channel.pk, step)


@screen(Right.SET_UP)
def step(request: DeskRequest, channel_id: int, step: str) -> HttpResponse:
    """One step of connecting a mailbox; what is typed is saved at each."""
    channel = channel_services.get_channel(request.actor, channel_id)
    if channel.platform != "email" or step not in _KEYS[1:]:
        raise Http404(step)
    form = _mail_form(request, channel, step)
    if (
        form is not None
        and form.is_bound
        and try_saving(form, lambda: _save_mail(request, channel, step, form.cleaned_data))
    ):
        stays = step == "servers" and "retry" in request.POST
        following = step if stays else _KEYS[_KEYS.index(step) + 1]
        return redirect("settings_connect_step", channel.pk, following)
    return page(
        request,
        f"connect_{step}",
        at="channels",
        channel=channel,
        form=form,
        steps=_steps(step),
        hook_url=hook_url(channel),
        **health_context(channel),
    )


@screen(Right.SET_UP)
def checks(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Both servers of a mailbox tried just now, as a part of the page."""
    channel = channel_services.get_channel(request.actor, channel_id)
    tried = try_mail(channel)
    fix = _usual_port(channel, "smtp") if not all(c.ok for c in tried.send) else None
    return render(
        request,
        "settings_pages/checks.html",
        {
            "channel": channel,
            "tried": tried,
            "receive": [_told(check) for check in tried.receive],
            "send": [_told(check) for check in tried.send],
            "fix": fix,
        },
    )


@require_POST
@screen(Right.SET_UP)
def use_usual_port(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Take the port and encryption that the provider usually has for sending."""
    channel = channel_services.get_channel(request.actor, channel_id)
    if (usual := _usual_port(channel, "smtp")) is not None:
        config = {"smtp_port": usual[0], "smtp_tls": usual[1]}
        channel_services.change_channel(request.actor, channel, config=config)
    return redirect("settings_connect_step", channel.pk, "servers")


@require_POST
@screen(Right.SET_UP)
def try_example(request: DeskRequest, channel_id: int) -> HttpResponse:
    """Whether a request signed with the channel's secret would be taken, as a part of the page."""
    channel = channel_services.get_channel(request.actor, channel_id)
    verdict = try_webhook(channel, url=hook_url(channel))
    return render(request, "settings_pages/verdict.html", {"verdict": verdict})


@require_POST
@screen(Right.SET_UP)
def rotate(request: DeskRequest, channel_id: int) -> HttpResponse:
    """A new secret of our own making, in this one answer only; the former one stays valid."""
    channel = channel_services.get_channel(request.actor, channel_id)
    name = own_secret(channel)
    if not name:
        raise Invalid("this channel has no secret that we choose")
    secret = new_secret()
    channel_services.change_channel(request.actor, channel, secrets_given={name: secret})
    return _one_page(request, channel, fresh={"name": name, "value": secret})


def _told(check: Check) -> tuple[Any, Check]:
    """A check with its name, its sentences in the reader's language."""
    words = replace(check, sentence=said(check.sentence), hint=said(check.hint))
    return _CHECKS.get(check.name, check.name), words


def _create(request: DeskRequest, form: ChooseForm) -> Channel:
    platform, name = form.cleaned_data["platform"], form.cleaned_data["name"]
    config: dict[str, Any] = {}
    if platform == "email":
        config = {"address": name.lower(), **usual_servers(name)}
    return channel_services.create_channel(
        request.actor, platform=platform, name=name, config=config
    )


def _steps(here: str) -> list[dict[str, Any]]:
    at = _KEYS.index(here)
    return [
        {"key": key, "label": label, "is_done": number < at, "is_here": number == at}
        for number, (key, label) in enumerate(STEPS)
    ]


def _mail_form(
    request: DeskRequest, channel: Channel, step: str
) -> SignInForm | ServersForm | BackfillForm | None:
    data = request.POST if request.method == "POST" else None
    config = dict(channel.config)
    if step == "signin":
        config["aliases"] = "\n".join(config.get("aliases") or [])
        return SignInForm(data, channel=channel, initial=config)
    if step == "servers":
        store = commerce.stores_of_channels().get(channel.pk)
        initial = {**config, "store": store.pk if store else None}
        return ServersForm(data, channel=channel, initial=initial)
    if step == "backfill":
        today = timezone.localdate()
        initial = {"since": today - timedelta(days=30), "until": today}
        return BackfillForm(data, initial=initial)
    return None


def _save_mail(request: DeskRequest, channel: Channel, step: str, given: dict[str, Any]) -> None:
    if step == "backfill":
        backfilling.start_backfill(request.actor, channel, **given)
        return
    given = dict(given)
    name = "password" if step == "signin" else "smtp_password"
    typed = given.pop(name, "")
    if step == "servers":
        commerce.speak_for(request.actor, channel, store_id=given.pop("store"))
    channel_services.change_channel(
        request.actor, channel, config=given, secrets_given={name: typed} if typed else None
    )


def _usual_port(channel: Channel, side: str) -> tuple[int, str] | None:
    """Port and encryption that the provider of a host usually has, when others are set."""
    provider = provider_of_host(str(channel.config.get(f"{side}_host") or ""))
    if provider is None:
        return None
    _host, port, tls = provider.smtp if side == "smtp" else provider.imap
    now = (channel.config.get(f"{side}_port"), channel.config.get(f"{side}_tls"))
    return None if now == (port, tls) else (port, tls)


def _one_page(
    request: DeskRequest, channel: Channel, *, fresh: dict[str, str] | None = None
) -> HttpResponse:
    """The settings of a platform or of the API."""
    store = commerce.stores_of_channels().get(channel.pk)
    is_saving = request.method == "POST" and fresh is None
    initial = {"name": channel.name, "store": store.pk if store else None}
    form = _platform_form(channel, request.POST if is_saving else None, initial)
    if is_saving and try_saving(form, lambda: _save_platform(request, channel, form)):
        return saved(request, _("Saved."), "settings_connect", channel.pk)
    kept = secrets_of(channel)
    connector = platforms().get(channel.platform)
    return page(
        request,
        "connect_api" if channel.platform == "api" else "connect_platform",
        at="channels",
        channel=channel,
        form=form,
        fresh=fresh,
        own_secret=own_secret(channel),
        has_own_secret=bool(kept.get(own_secret(channel))),
        connector=connector,
        how=select_template([f"settings_pages/how/{channel.platform}.html", _NO_WORDS]),
        hook_url=hook_url(channel),
        public_url=settings.PUBLIC_URL.rstrip("/"),
        health=health_of(channel),
    )


def _platform_form(channel: Channel, data: Any, initial: dict[str, Any]) -> PlatformForm | ApiForm:
    config = channel.config
    if channel.platform == "api":
        return ApiForm(data, initial={**initial, "callback_url": config.get("callback_url", "")})
    connector = platforms().get(channel.platform)
    if connector is None:
        raise Http404(channel.platform)
    typed = {f"config:{name}": config.get(name, "") for name in connector.settings}
    return PlatformForm(data, channel=channel, connector=connector, initial={**initial, **typed})


def _save_platform(request: DeskRequest, channel: Channel, form: PlatformForm | ApiForm) -> None:
    given = form.cleaned_data
    commerce.speak_for(request.actor, channel, store_id=given["store"])
    if isinstance(form, PlatformForm):
        config, typed = form.config(), form.secrets()
    else:
        config, typed = {"callback_url": given["callback_url"]}, {}
    channel_services.change_channel(
        request.actor, channel, name=given["name"], config=config, secrets_given=typed or None
    )
