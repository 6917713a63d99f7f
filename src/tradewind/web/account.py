"""How django-allauth behaves here: nobody signs up, colleagues are added by colleagues."""

from __future__ import annotations

import ipaddress
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.translation import gettext as _

from tradewind.core.asking import ip_of
from tradewind.core.crypto import Seal, place
from tradewind.identity.models import Person

# The secret of an app and the seed of recovery codes, told apart from those of before the seal.
_SEALED: Final = "sealed:"
_PLACE: Final = place("mfa_authenticator", "data", "")


@cache
def _seal() -> Seal:
    return Seal(settings.KEYS, "second step")


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


def passkeys_work(request: HttpRequest) -> bool:
    """Whether a browser makes passkeys here: for a name, over TLS or on the desk's own machine.

    https://www.w3.org/TR/webauthn-3/#relying-party-identifier leaves out numeric addresses.
    """
    host = split_domain_port(request.get_host())[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # A proxy may end TLS without saying so; then the public address tells.
        return request.is_secure() or settings.PUBLIC_URL.startswith("https://")
    return False


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


class _Unwritten:
    """A form whose labels say what the fields are, so that nothing stands in them beforehand."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_Unwritten, LoginForm):  # type: ignore[misc]
    """Signing in."""


class ProveForm(_Unwritten, ReauthenticateForm):  # type: ignore[misc]
    """The password again, before something that decides who can sign in."""


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How secrets of the second step are kept, and what passkeys are called."""

    def encrypt(self, text: str) -> str:
        """The secret as the database gets it."""
        return _SEALED + b64encode(_seal().seal(text.encode(), _PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret as it was made."""
        if not encrypted_text.startswith(_SEALED):
            return encrypted_text
        sealed = b64decode(encrypted_text.removeprefix(_SEALED))
        return _seal().open(sealed, _PLACE).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The desk by its name; by default it would be an address with a port."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Tradewind"}

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        """The name of a key that nobody named."""
        known = Authenticator.objects.filter(user=user, type=type).count()
        return _("Key %(n)s") % {"n": known + 1}


class PasskeySignInForm(LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in with a passkey alone."""

    def clean_credential(self) -> Authenticator:
        """A key that was removed here stays in the browser, which goes on offering it."""
        try:
            return super().clean_credential()
        except ValidationError as error:
            raise ValidationError(
                _("This passkey is not known here, or was removed. Sign in with the password.")
            ) from error


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
