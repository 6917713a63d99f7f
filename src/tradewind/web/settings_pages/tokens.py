"""API tokens: made with a secret that is shown once, revoked."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tradewind.identity import services as identity
from tradewind.identity.auditing import tokens_of
from tradewind.identity.roles import Right, Scope
from tradewind.identity.services import NewToken
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.settings_pages.places import page, saved, try_saving

_MEANINGS = {
    Scope.MESSAGES_WRITE: _("hand in messages"),
    Scope.CONVERSATIONS_READ: _("read conversations and their messages"),
    Scope.REPLIES_WRITE: _("answer buyers"),
    Scope.TRIAGE: _("have texts read"),
}


def _scopes() -> list[tuple[str, str]]:
    return [(scope.value, f"{scope.value}: {_MEANINGS.get(scope, scope)}") for scope in Scope]


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, such as “ERP of Shenzhen”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=_scopes, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=365,
        choices=[
            (30, _("30 days")),
            (90, _("90 days")),
            (365, _("a year")),
            (0, _("until revoked")),
        ],
    )


@screen(Right.MANAGE_TOKENS)
def tokens(request: DeskRequest) -> HttpResponse:
    """The list, and the form of a new one; its secret is in this one answer only."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    made: list[NewToken] = []
    if form.is_bound and try_saving(form, lambda: made.append(_make(request, form))):
        form = TokenForm()
    return page(
        request,
        "tokens",
        at="tokens",
        form=form,
        made=made[0] if made else None,
        tokens=tokens_of(request.actor),
        now=timezone.now(),
    )


@require_POST
@screen(Right.MANAGE_TOKENS)
def revoke(request: DeskRequest, token_id: int) -> HttpResponse:
    """Make a token worthless."""
    identity.revoke_token(request.actor, token_id)
    return saved(request, _("The token is worthless from now on."), "settings_tokens")


def _make(request: DeskRequest, form: forms.Form) -> NewToken:
    days = form.cleaned_data["days"]
    return identity.create_token(
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        by=request.actor,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
