"""What a start does once: tables, static files, an account to sign in with, the sample seller."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db.transaction import atomic
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from tradewind.core.home import write_private
from tradewind.identity import services as identity
from tradewind.identity.models import Person, Workspace
from tradewind.project.migrate import migrate
from tradewind.project.sample.loader import find_sample, load_sample
from tradewind.project.sample.refresh import refresh_sample

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
    else:
        _look_after_sample()


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


@atomic
def _first_workspace() -> None:
    """All of it or nothing, the password told before it counts: a start may be killed anywhere."""
    if settings.ENV.sample:
        seller = load_sample(now=timezone.now(), progress=_progress())
        account = Account(seller.owner_email, seller.password or "")
    else:
        account = Account("owner@tradewind.local", secrets.token_urlsafe(9))
        owner = Person.objects.create_user(account.email, account.password, name="Owner")
        identity.create_workspace("My company", owner=owner)
    _tell(account)


def _tell(account: Account) -> None:
    write_private(settings.HOME / _TOLD, json.dumps(asdict(account)).encode())


def _progress() -> Callable[[int, int], None]:
    """A bar on a terminal, a line now and then elsewhere; on standard error."""
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("sample seller")

    def show(done: int, of: int) -> None:
        if not bar.live.is_started:
            bar.start()
        bar.update(task, completed=done, total=of)
        if done >= of:
            bar.stop()

    return show


def _look_after_sample() -> None:
    refresh_sample(timezone.now())
    seller = find_sample()
    if seller is None or (settings.HOME / _TOLD).exists():
        return
    owner = Person.objects.filter(email=seller.owner_email, last_login=None).first()
    if owner is not None:
        # The first start died before it could tell the password: nobody knows it, so make another.
        account = Account(owner.email, secrets.token_urlsafe(9))
        owner.set_password(account.password)
        owner.save(update_fields=["password"])
        _tell(account)


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
