"""What the pages that allauth renders ask of ours."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context

from tradewind.identity.models import Person
from tradewind.web import account
from tradewind.web.settings_pages.places import settings_navigation

register = template.Library()


@register.simple_tag
def second_step_of(person: Person) -> account.SecondStep:
    """The second step as the person has set it up."""
    return account.second_step_of(person)


@register.simple_tag(takes_context=True)
def passkeys_work(context: Context) -> bool:
    """Whether a browser makes passkeys for the address that is open."""
    request: HttpRequest = context["request"]
    return account.passkeys_work(request)


@register.simple_tag(takes_context=True)
def places_of_settings(context: Context) -> list[dict[str, Any]]:
    """The navigation of the settings, at one's own page; nothing without a workspace."""
    actor = context.get("actor")
    return settings_navigation(actor, "profile") if actor else []
