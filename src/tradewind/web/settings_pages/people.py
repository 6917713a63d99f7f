"""Members and teams: who works here, as what, in which languages, and whether on duty."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.identity import colleagues
from tradewind.identity import services as identity
from tradewind.identity.colleagues import NewColleague
from tradewind.identity.errors import Conflict, Invalid
from tradewind.identity.models import Membership, Role
from tradewind.identity.roles import Right
from tradewind.routing import services as routing
from tradewind.web.account import second_step_of
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.settings_pages.places import page, refused, saved, try_saving

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8}){0,2}")


def _teams() -> list[tuple[str, str]]:
    return [("", "–"), *((str(team.pk), team.name) for team in colleagues.teams())]


class LanguagesField(forms.CharField):
    """Language codes divided by commas or blanks."""

    def to_python(self, value: Any) -> Any:
        """The codes as a list, each once."""
        codes = [code for code in re.split(r"[\s,，、;]+", str(value or "")) if code]
        for code in codes:
            if not _LANGUAGE.fullmatch(code):
                raise ValidationError(
                    _("Got “%(code)s”, wanted codes such as de, fr, pt-BR."), params={"code": code}
                )
        return list(dict.fromkeys(codes))

    def prepare_value(self, value: Any) -> Any:
        """The codes as they are written."""
        return ", ".join(value) if isinstance(value, list) else value


class MemberForm(forms.Form):
    """What a colleague is here."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.AGENT)
    team = forms.TypedChoiceField(
        label=_("Team"), choices=_teams, coerce=int, empty_value=None, required=False
    )
    languages = LanguagesField(
        label=_("Answers in"),
        required=False,
        help_text=_("Codes such as de, fr, pt-BR; empty: any language."),
    )
    capacity = forms.IntegerField(
        label=_("Capacity"),
        min_value=0,
        max_value=1000,
        initial=60,
        help_text=_("Open conversations at once."),
    )


class NewMemberForm(MemberForm):
    """A colleague to be added."""

    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Full name"), max_length=120)
    field_order = ("email", "name")


class ChangeMemberForm(MemberForm):
    """A colleague who is there."""

    on_duty = forms.BooleanField(label=_("On duty: may be given conversations"), required=False)


class TeamForm(forms.Form):
    """A team's name."""

    name = forms.CharField(label=_("Name"), max_length=80)


@screen(Right.MANAGE_PEOPLE)
def people(request: DeskRequest) -> HttpResponse:
    """Everyone who works here."""
    return page(request, "people", at="people", members=colleagues.colleagues(request.actor))


@screen(Right.MANAGE_PEOPLE)
def add(request: DeskRequest) -> HttpResponse:
    """Add a colleague; their first password is in this one answer only."""
    form = NewMemberForm(request.POST if request.method == "POST" else None)
    made: list[NewColleague] = []
    single_sign_on = bool(settings.ENV.oidc_apps)
    if form.is_bound and try_saving(
        form, lambda: made.append(_invite(request, form, single_sign_on=single_sign_on))
    ):
        member = made[0].membership
        return page(
            request, "person_added", at="people", member=member, password=made[0].password,
            single_sign_on=single_sign_on,
        )  # fmt: skip
    return page(request, "person_new", at="people", form=form, single_sign_on=single_sign_on)


@screen(Right.MANAGE_PEOPLE)
def person(request: DeskRequest, membership_id: int) -> HttpResponse:
    """One colleague."""
    member = colleagues.get_colleague(request.actor, membership_id)
    initial = {name: getattr(member, name) for name in ("role", "languages", "capacity", "on_duty")}
    form = ChangeMemberForm(
        request.POST if request.method == "POST" else None,
        initial={**initial, "team": member.team_id},
    )
    if form.is_bound and try_saving(form, lambda: _change(request, member, form)):
        return saved(request, _("Saved."), "settings_people")
    return page(
        request, "person", at="people", form=form, member=member,
        second_step=second_step_of(member.person),
    )  # fmt: skip


@require_POST
@screen(Right.MANAGE_PEOPLE)
def remove(request: DeskRequest, membership_id: int) -> HttpResponse:
    """Take a colleague out of the workspace."""
    member = colleagues.get_colleague(request.actor, membership_id)
    try:
        routing.remove_person(request.actor, member.pk)
    except Conflict as refusal:
        return refused(request, refusal, "settings_person", membership_id)
    text = _("%(name)s is no longer in this workspace.") % {"name": member.person}
    return saved(request, text, "settings_people")


@require_POST
@screen(Right.MANAGE_PEOPLE)
def reset_password(request: DeskRequest, membership_id: int) -> HttpResponse:
    """A new password for a colleague, in this one answer only."""
    try:
        password = colleagues.reset_password(request.actor, membership_id)
    except Conflict as refusal:
        return refused(request, refusal, "settings_person", membership_id)
    member = colleagues.get_colleague(request.actor, membership_id)
    return page(
        request, "person_added", at="people", member=member, password=password, is_reset=True
    )


@require_POST
@screen(Right.MANAGE_PEOPLE)
def remove_second_step(request: DeskRequest, membership_id: int) -> HttpResponse:
    """For a colleague who lost the telephone or the key."""
    try:
        colleagues.remove_second_step(request.actor, membership_id)
    except Conflict as refusal:
        return refused(request, refusal, "settings_person", membership_id)
    return saved(request, _("The second step is off."), "settings_person", membership_id)


@screen(Right.MANAGE_PEOPLE)
def teams(request: DeskRequest) -> HttpResponse:
    """The teams, and the form of a new one."""
    form = TeamForm(request.POST if request.method == "POST" else None)
    if form.is_bound and try_saving(
        form, lambda: colleagues.save_team(request.actor, name=form.cleaned_data["name"])
    ):
        return saved(request, _("Saved."), "settings_teams")
    sizes: dict[int | None, int] = {}
    for member in colleagues.colleagues(request.actor):
        sizes[member.team_id] = sizes.get(member.team_id, 0) + 1
    rows = [(team, sizes.get(team.pk, 0)) for team in colleagues.teams()]
    return page(request, "teams", at="teams", form=form, rows=rows)


@require_POST
@screen(Right.MANAGE_PEOPLE)
def rename_team(request: DeskRequest, team_id: int) -> HttpResponse:
    """Another name for a team."""
    try:
        colleagues.save_team(request.actor, name=request.POST.get("name", ""), team_id=team_id)
    except (Invalid, Conflict) as refusal:
        return refused(request, refusal, "settings_teams")
    return saved(request, _("Saved."), "settings_teams")


@require_POST
@screen(Right.MANAGE_PEOPLE)
def remove_team(request: DeskRequest, team_id: int) -> HttpResponse:
    """Dissolve a team."""
    colleagues.remove_team(request.actor, team_id)
    return saved(request, _("The team is dissolved; its people stay."), "settings_teams")


def _invite(request: DeskRequest, form: forms.Form, *, single_sign_on: bool) -> NewColleague:
    given = form.cleaned_data
    return colleagues.invite(
        request.actor,
        email=given["email"],
        name=given["name"],
        role=given["role"],
        languages=given["languages"],
        team_id=given["team"],
        capacity=given["capacity"],
        is_single_sign_on=single_sign_on,
    )


def _change(request: DeskRequest, member: Membership, form: forms.Form) -> None:
    given = dict(form.cleaned_data)
    team = colleagues.find_team(given.pop("team"))
    identity.change_membership(request.actor, member.pk, team=team, **given)
