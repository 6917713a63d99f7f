"""One's own settings: name, language, looks, password, second step, sessions."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tradewind.identity import profile as own
from tradewind.identity import services as identity
from tradewind.identity.errors import NotFound
from tradewind.identity.models import Density, Language, Theme
from tradewind.web.account import second_step_of
from tradewind.web.auth import screen
from tradewind.web.middleware import WORKSPACE_KEY, DeskRequest
from tradewind.web.settings_pages.places import page, saved, try_saving


def timezones() -> list[tuple[str, str]]:
    """Every time zone of a place, for choosing."""
    named = sorted(zone for zone in available_timezones() if "/" in zone)
    return [("UTC", "UTC"), *((zone, zone) for zone in named if not zone.startswith("Etc/"))]


class ProfileForm(forms.Form):
    """How the desk looks and speaks to one."""

    name = forms.CharField(label=_("Full name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=timezones)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices)
    density = forms.ChoiceField(label=_("Row height"), choices=Density.choices)


@screen()
def profile(request: DeskRequest) -> HttpResponse:
    """One's own page."""
    person = request.actor.person
    assert person is not None  # noqa: S101  # a screen is only for people
    now = {name: getattr(person, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_bound and try_saving(form, lambda: own.change_profile(person, **form.cleaned_data)):
        return saved(request, _("Saved."), "settings_profile")
    return _page(request, form, PasswordChangeForm(person))


@require_POST
@screen()
def password(request: DeskRequest) -> HttpResponse:
    """Another password; every other session ends."""
    person = request.actor.person
    assert person is not None  # noqa: S101
    form = PasswordChangeForm(person, request.POST)
    if try_saving(
        form, lambda: own.change_password(request.actor, new=form.cleaned_data["new_password1"])
    ):
        update_session_auth_hash(request, person)
        text = _("Your password is changed; everywhere else you are signed out.")
        return saved(request, text, "settings_profile")
    now = {name: getattr(person, name) for name in ProfileForm.base_fields}
    return _page(request, ProfileForm(initial=now), form)


@require_POST
@screen()
def sign_out_elsewhere(request: DeskRequest) -> HttpResponse:
    """End every other session."""
    ended = own.end_other_sessions(request.actor, keep=request.session.session_key)
    text = ngettext("%(n)s other session ended.", "%(n)s other sessions ended.", ended)
    return saved(request, text % {"n": ended}, "settings_profile")


@require_POST
@screen()
def look(request: DeskRequest) -> HttpResponse:
    """Keep a choice of looks with the person; said by the scripts in passing."""
    person = request.actor.person
    assert person is not None  # noqa: S101
    for name in ("theme", "density"):
        if value := request.POST.get(name):
            own.change_look(person, name=name, value=value)
    return HttpResponse(status=204)


@require_POST
@screen()
def switch_workspace(request: DeskRequest) -> HttpResponse:
    """Work in another workspace of one's own from now on."""
    person = request.actor.person
    assert person is not None  # noqa: S101
    wanted = request.POST.get("workspace", "")
    mine = {str(place.workspace_id): place for place in identity.workspaces_of(person)}
    if wanted not in mine:
        raise NotFound("workspace")
    request.session[WORKSPACE_KEY] = mine[wanted].workspace_id
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "/")


def _page(request: DeskRequest, form: ProfileForm, password_form: forms.Form) -> HttpResponse:
    person = request.actor.person
    assert person is not None  # noqa: S101
    # The form stands far down the page: it must not take the focus.
    password_form.fields["old_password"].widget.attrs.pop("autofocus", None)
    return page(
        request,
        "profile",
        at="profile",
        form=form,
        password_form=password_form,
        has_password=person.has_usable_password(),
        sessions=own.count_sessions(person),
        second_step=second_step_of(person),
        places=identity.workspaces_of(person),
        password_url=reverse_lazy("settings_password"),
    )
