"""How django-allauth behaves here: nobody signs up, colleagues are added by colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from tradewind.core.asking import ip_of
from tradewind.identity.models import Person


@dataclass(frozen=True, slots=True)
class SecondStep:
    """What a person has beside the password; ``codes_left`` counts unused recovery codes."""

    has_app: bool
    passkeys: int
    codes_left: int

    @property
    def is_on(self) -> bool:
        """Whether signing in asks for a second step."""
        return self.has_app or bool(self.passkeys)


def second_step_of(person: Person) -> SecondStep:
    """The second step as the person has set it up."""
    kinds: dict[str, list[Any]] = {}
    for authenticator in Authenticator.objects.filter(user=person):
        kinds.setdefault(authenticator.type, []).append(authenticator)
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES, [])
    return SecondStep(
        has_app=Authenticator.Type.TOTP in kinds,
        passkeys=len(kinds.get(Authenticator.Type.WEBAUTHN, [])),
        codes_left=sum(len(one.wrap().get_unused_codes()) for one in codes),
    )


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-up is closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes their own account."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address of the one who asks, which a header of theirs cannot choose."""
        return ip_of(request) or ""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are axes' to count, by name and address: none locks out somebody else."""


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


def attempted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Whom somebody tries to be: locking out counts per address of the account and of the machine.

    allauth hands on ``email``, which django-axes does not look for.
    """
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login") or ""
    return str(name).strip().lower()
