"""The forms of channels: a mailbox in steps, a platform by what its connector declares, the API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from tradewind.channels.connector.errors import OutgoingRefused
from tradewind.channels.connector.model import Connector
from tradewind.channels.mail.checks import find_provider
from tradewind.channels.models import Channel
from tradewind.channels.parsing import platforms
from tradewind.channels.sealing import secrets_of
from tradewind.channels.sending import check_callback
from tradewind.commerce import stores as commerce
from tradewind.web.parts.channels import channel_letters
from tradewind.web.parts.sentences import said

TLS: Final = [
    ("ssl", "TLS"),
    ("starttls", "STARTTLS"),
    ("none", _("none: only inside your own network")),
]
# What a platform's settings are, where its name does not say it; the rest is shown as declared.
_HINTS: Final = {
    "shop": "example.myshopify.com",
    "api_version": "2026-07",
    "phone_number_id": "1069…",
}


def store_choices() -> list[tuple[str, str]]:
    """The stores a channel may speak for."""
    return [("", "–"), *((str(store.pk), store.name) for store in commerce.stores())]


def platform_choices() -> list[tuple[str, str]]:
    """What can be connected: mail, our own API, and every connector there is."""
    known = ["email", "api", *sorted(platforms())]
    return [(key, channel_letters(key)[1]) for key in known]


def store_field() -> forms.TypedChoiceField:
    """Which store a channel speaks for."""
    return forms.TypedChoiceField(
        label=_("Store"),
        choices=store_choices,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Messages that name no store belong to this one."),
    )


def secret_field(label: Any, *, is_kept: bool, required: bool = True) -> forms.CharField:
    """A secret to be typed: never shown again, kept as it is when left empty."""
    text = _("Kept sealed; leave empty to keep it.") if is_kept else _("Kept sealed, never shown.")
    return forms.CharField(
        label=label,
        required=required and not is_kept,
        strip=True,
        max_length=8000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=text,
    )


class ChooseForm(forms.Form):
    """What is to be connected, and what it is called."""

    platform = forms.ChoiceField(
        label=_("Channel"), choices=platform_choices, widget=forms.RadioSelect, initial="email"
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("For a mailbox its address, such as support@example.com."),
    )

    def clean(self) -> dict[str, Any]:
        """A mailbox is named by its address."""
        given = super().clean() or {}
        if given.get("platform") == "email" and given.get("name"):
            try:
                validate_email(given["name"])
            except forms.ValidationError:
                self.add_error("name", _("Wanted the address of the mailbox."))
        return given


class SignInForm(forms.Form):
    """Whose mailbox it is and how to sign in."""

    address = forms.EmailField(label=_("Address buyers write to"))
    from_name = forms.CharField(label=_("Name buyers see"), max_length=120, required=False)
    aliases = forms.CharField(
        label=_("Other addresses of this mailbox"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line. Mail between your own addresses is not taken for a buyer's."),
    )
    user = forms.CharField(
        label=_("Account"),
        max_length=320,
        required=False,
        help_text=_("Empty: the address itself."),
    )

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_kept = bool(secrets_of(channel).get("password"))
        self.fields["password"] = secret_field(_("Password or authorisation code"), is_kept=is_kept)

    def clean_aliases(self) -> list[str]:
        """The addresses, each checked."""
        found = self.cleaned_data["aliases"].replace(",", "\n").split()
        for address in found:
            validate_email(address)
        return list(found)


class ServersForm(forms.Form):
    """Where mail is read and where it is sent from."""

    imap_host = forms.CharField(label=_("IMAP server"), max_length=253)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    imap_tls = forms.ChoiceField(label=_("Encryption"), choices=TLS)
    folder = forms.CharField(label=_("Folder"), max_length=200, initial="INBOX")
    authserv_id = forms.CharField(
        label=_("Server that checks senders"),
        max_length=253,
        required=False,
        help_text=_("Its name in Authentication-Results; empty: senders are shown unchecked."),
    )
    smtp_host = forms.CharField(
        label=_("SMTP server"),
        max_length=253,
        required=False,
        help_text=_("Empty: this mailbox only receives."),
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=465)
    smtp_tls = forms.ChoiceField(label=_("Encryption"), choices=TLS)
    smtp_user = forms.CharField(
        label=_("Account for sending"),
        max_length=320,
        required=False,
        help_text=_("Empty: as for receiving; - for no sign-in."),
    )

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_kept = bool(secrets_of(channel).get("smtp_password"))
        self.fields["smtp_password"] = secret_field(
            _("Password for sending"), is_kept=is_kept, required=False
        )
        self.fields["store"] = store_field()


def usual_servers(address: str) -> dict[str, Any]:
    """The servers that an address usually has, as settings; empty for a provider we do not know."""
    provider = find_provider(address)
    if provider is None:
        return {}
    names = [f"{side}_{part}" for side in ("imap", "smtp") for part in ("host", "port", "tls")]
    return dict(zip(names, [*provider.imap, *provider.smtp], strict=True))


class PlatformForm(forms.Form):
    """Settings and secrets as the connector of a platform declares them."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, channel: Channel, connector: Connector, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = secrets_of(channel)
        self.fields["store"] = store_field()
        for name in connector.settings:
            self.fields[f"config:{name}"] = forms.CharField(
                label=_words(name), max_length=2000, required=False, help_text=_HINTS.get(name, "")
            )
        for name in connector.secrets:
            self.fields[f"secret:{name}"] = secret_field(
                _words(name), is_kept=bool(kept.get(name)), required=False
            )

    def config(self) -> dict[str, str]:
        """The settings typed."""
        return _of("config:", self.cleaned_data)

    def secrets(self) -> dict[str, str]:
        """The secrets typed; those left empty stay as they are."""
        return {name: text for name, text in _of("secret:", self.cleaned_data).items() if text}


class ApiForm(forms.Form):
    """Where replies of the API channel are posted."""

    name = forms.CharField(label=_("Name"), max_length=120)
    callback_url = forms.URLField(
        label=_("Callback address"),
        required=False,
        assume_scheme="https",
        max_length=2000,
        help_text=_("Replies are posted here; empty: your program fetches them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"] = store_field()

    def clean_callback_url(self) -> str:
        """An address that may be called."""
        url = str(self.cleaned_data["callback_url"] or "")
        if url:
            try:
                check_callback(url)
            except OutgoingRefused as refusal:
                raise forms.ValidationError(said(str(refusal))) from refusal
        return url


class BackfillForm(forms.Form):
    """From which day to which mail is taken in."""

    since = forms.DateField(
        label=_("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


def own_secret(channel: Channel) -> str:
    """The name of the secret that we choose and tell the other side; empty when there is none."""
    if channel.platform == "api":
        return "callback_secret"
    connector = platforms().get(channel.platform)
    rule = connector.webhook.signature if connector and connector.webhook else None
    return rule.key if rule and rule.scheme == "token" else ""


def new_secret() -> str:
    """A secret of letters, digits, _ and -."""
    return secrets.token_urlsafe(32)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _of(prefix: str, given: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): str(value)
        for name, value in given.items()
        if name.startswith(prefix)
    }
