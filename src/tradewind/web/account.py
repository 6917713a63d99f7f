"""How django-allauth behaves here: nobody signs up, colleagues are added by colleagues."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from tradewind.identity.models import Person


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-up is closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes their own account."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on lets in whom a colleague added, by the address that the issuer verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody is made by signing in."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect the issuer's account to the person who has its verified address."""
        if sociallogin.is_existing:
            return
        for address in sociallogin.email_addresses:
            if address.verified and (
                person := Person.objects.filter(email__iexact=address.email).first()
            ):
                sociallogin.connect(request, person)
                return
