"""How a single command comes to the database: whether the desk runs beside it or not."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import click
import django
from django.core.exceptions import ImproperlyConfigured

from tradewind.core import home as homes
from tradewind.core import settings as env_settings
from tradewind.core.errors import OperatorError
from tradewind.core.logs import set_up
from tradewind.core.postgres import Cluster, embedded_cluster, external_url, prepare
from tradewind.core.problems import Problem
from tradewind.core.settings import Settings

UNFINISHED = "restore-unfinished"
_STARTED = b"started by a command\n"


def environment() -> tuple[Settings, Path]:
    """The settings and the data folder; what is logged below a warning stays unsaid."""
    env = env_settings.read()
    for said in env_settings.unknown(os.environ):
        click.echo(f"tradewind: {said}", err=True)
    level = env.log_level if env.log_level in ("debug", "error") else "warning"
    set_up(level=level, form=env.log_format)
    return env, homes.find(env)


@contextlib.contextmanager
def entered(*, workspace: str | None = None) -> Iterator[None]:
    """Be inside the workspace named, or the only one there is; raises OperatorError.

    The embedded database is started for the moment when it does not run.
    """
    with at_desk():
        from tradewind.project import workspaces  # noqa: PLC0415  # needs Django set up

        with workspaces.inside(workspace):
            yield


@contextlib.contextmanager
def at_desk() -> Iterator[tuple[Settings, Path]]:
    """Django set up on a database that answers, in no workspace; refusals become sentences."""
    with database() as found, _told():
        django.setup()
        yield found


@contextlib.contextmanager
def database() -> Iterator[tuple[Settings, Path]]:
    """Settings and data folder, with a database that answers as long as the block lasts."""
    env, home = environment()
    require_whole(home)
    if external_url(env) is not None:
        yield env, homes.make(home)
        return
    cluster = embedded_cluster(home)
    if not cluster.is_initialised:
        raise OperatorError(
            f"There is no desk in {home} yet: `tradewind run` makes one, TRADEWIND_HOME or "
            "TRADEWIND_DATABASE_URL leads to another."
        )
    with running(cluster, home):
        prepare(home, env, cluster=cluster) if cluster.started_here else None
        yield env, home


@contextlib.contextmanager
def running(cluster: Cluster, home: Path) -> Iterator[None]:
    """The embedded server up; the last command out stops what a command started."""
    descriptor = os.open(home / "commands.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        cluster.start()
        if cluster.started_here:
            os.pwrite(descriptor, _STARTED, 0)
        try:
            yield
        finally:
            _put_out(cluster, home, descriptor)
    finally:
        os.close(descriptor)


def _put_out(cluster: Cluster, home: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # another command still uses it
    if os.pread(descriptor, len(_STARTED), 0) == _STARTED:
        if not desk_runs(home):
            cluster.stop()
        os.ftruncate(descriptor, 0)


def desk_runs(home: Path) -> bool:
    """Whether `tradewind run` works on this data folder right now."""
    lock = home / "run.lock"
    if not lock.is_file():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def require_whole(home: Path) -> None:
    """Refuse a data folder in which a restore was begun and not ended; raises OperatorError."""
    if (home / UNFINISHED).exists():
        raise OperatorError(
            f"A restore into {home} was begun and did not end, so what is there is not whole. "
            "Run the same `tradewind restore` again."
        )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Refusals of the desk as sentences for the operator."""
    try:
        yield
    except Problem as problem:
        raise OperatorError(problem.detail or problem.title) from problem
    except ImproperlyConfigured as error:
        raise OperatorError(str(error)) from error
