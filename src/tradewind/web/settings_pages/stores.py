"""Stores, and what the company itself promises to buyers."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from tradewind.channels.parsing import platforms
from tradewind.commerce import stores as commerce
from tradewind.commerce.models import RESPONSE_MINUTES, Store
from tradewind.identity import company
from tradewind.identity.roles import Right
from tradewind.web.auth import screen
from tradewind.web.middleware import DeskRequest
from tradewind.web.parts.channels import MARKS, channel_letters
from tradewind.web.settings_pages.places import page, saved, try_saving
from tradewind.web.settings_pages.profile import timezones

_NO_STORE_PLATFORMS = {"api", "email", "imap", "mail", "phone", "form", "webhook"}
_MOST_MINUTES = 60 * 24 * 30


def platform_choices() -> list[tuple[str, str]]:
    """Where a store may be: the platforms we know, by name."""
    known = ({*MARKS} | {*platforms()}) - _NO_STORE_PLATFORMS
    return sorted(((key, channel_letters(key)[1]) for key in known), key=lambda one: one[1].lower())


class StoreForm(forms.Form):
    """One shop on one platform and site."""

    name = forms.CharField(label=_("Name"), max_length=120)
    platform = forms.ChoiceField(label=_("Platform"), choices=platform_choices)
    country = forms.RegexField(
        label=_("Country of the site"),
        regex=r"^[A-Za-z]{2}$",
        required=False,
        help_text=_("Two letters such as DE; empty when it sells everywhere."),
    )
    currency = forms.RegexField(
        label=_("Currency"),
        regex=r"^[A-Za-z]{3}$",
        required=False,
        help_text=_("Three letters such as EUR."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=timezones, initial="UTC")
    response_minutes = forms.IntegerField(
        label=_("The platform wants an answer within (minutes)"),
        required=False,
        min_value=1,
        max_value=_MOST_MINUTES,
        help_text=_("Empty: this platform demands nothing."),
    )

    def clean_country(self) -> str:
        """In capitals, as everywhere."""
        return str(self.cleaned_data["country"]).upper()

    def clean_currency(self) -> str:
        """In capitals, as everywhere."""
        return str(self.cleaned_data["currency"]).upper()


class CompanyForm(forms.Form):
    """What the seller says of itself."""

    name = forms.CharField(label=_("Company"), max_length=120)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=timezones)
    first_response_minutes = forms.IntegerField(
        label=_("First answer within (minutes)"), min_value=1, max_value=_MOST_MINUTES
    )


@screen(Right.SET_UP)
def stores(request: DeskRequest) -> HttpResponse:
    """Every store, and the company's promise."""
    workspace = company.get_workspace(request.actor)
    now = {name: getattr(workspace, name) for name in CompanyForm.base_fields}
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_bound and try_saving(
        form, lambda: company.change_workspace(request.actor, **form.cleaned_data)
    ):
        return saved(request, _("Saved."), "settings_stores")
    rows = [
        (store, store.response_minutes * 60 if store.response_minutes else None)
        for store in commerce.stores()
    ]
    return page(request, "stores", at="stores", form=form, stores=rows)


@screen(Right.SET_UP)
def store(request: DeskRequest, store_id: int | None = None) -> HttpResponse:
    """One store, or a new one."""
    found = commerce.get_store(request.actor, store_id) if store_id else None
    form = StoreForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if form.is_bound and try_saving(
        form,
        lambda: commerce.save_store(request.actor, store_id=store_id, **form.cleaned_data),
    ):
        return saved(request, _("Saved."), "settings_stores")
    return page(
        request, "store", at="stores", form=form, store=found, usual_minutes=RESPONSE_MINUTES
    )


def _initial(found: Store | None) -> dict[str, object]:
    return {name: getattr(found, name) for name in StoreForm.base_fields} if found else {}
