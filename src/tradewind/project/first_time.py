"""What a start does once: tables, static files, an account to sign in with, the sample seller."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass

import structlog
from django.conf import settings
from django.core.management import call_command

from tradewind.core.home import write_private
from tradewind.identity import services as identity
from tradewind.identity.models import Person, Workspace
from tradewind.project.migrate import migrate

log = structlog.get_logger(__name__)
_TOLD = "first-account.json"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody to sign in as, told at every start until the password is changed."""

    email: str
    password: str


def prepare() -> None:
    """Make everything ready; cheap when it is."""
    migrate()
    _collect_static()
    if not Workspace.objects.exists():
        _first_workspace()
    elif settings.ENV.sample:
        _refresh()


def _collect_static() -> None:
    """Static files under hashed names; only when the program is another than the last time."""
    mark = settings.STATIC_ROOT / ".made-of"
    version = _static_version()
    if mark.is_file() and mark.read_text() == version:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(version)


def _static_version() -> str:
    root = settings.PACKAGE / "web" / "static"
    stats = [p.stat() for p in sorted(root.rglob("*")) if p.is_file()]
    return f"{len(stats)}:{max(s.st_mtime_ns for s in stats)}:{sum(s.st_size for s in stats)}"


def _first_workspace() -> None:
    if settings.ENV.sample:
        from tradewind.project.sample.loader import load_sample  # noqa: PLC0415  # rarely needed

        account = load_sample()
    else:
        account = Account("owner@tradewind.local", secrets.token_urlsafe(9))
        owner = Person.objects.create_user(account.email, account.password, name="Owner")
        identity.create_workspace("My company", owner=owner)
    write_private(settings.HOME / _TOLD, json.dumps(asdict(account)).encode())


def _refresh() -> None:
    from tradewind.project.sample.loader import refresh_sample  # noqa: PLC0415

    refresh_sample()


def told_account() -> Account | None:
    """The first account while its password still is the one that was made."""
    path = settings.HOME / _TOLD
    if not path.is_file():
        return None
    account = Account(**json.loads(path.read_text()))
    person = Person.objects.filter(email=account.email).first()
    if person is None or not person.check_password(account.password):
        path.unlink()
        return None
    return account
