"""tradewind run, web, worker, migrate, settings."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from tradewind.core import home as homes
from tradewind.core import settings as env_settings
from tradewind.core.errors import OperatorError
from tradewind.core.logs import set_up
from tradewind.core.postgres import embedded_cluster, prepare
from tradewind.core.postgres.addresses import external_url
from tradewind.core.processes import free_port
from tradewind.core.settings import Settings
from tradewind.core.supervisor import Child, Supervisor
from tradewind.project.cli.entering import require_whole, running


def _environment() -> tuple[Settings, Path]:
    env = env_settings.read()
    for said in env_settings.unknown(os.environ):
        click.echo(f"tradewind: {said}", err=True)
    set_up(level=env.log_level, form=env.log_format)
    home = homes.find(env)
    require_whole(home)
    return env, homes.make(home)


@click.command("run")
def run_command() -> None:
    """Start the desk: database, web and worker; Ctrl-C stops it."""
    env, home = _environment()
    if env.port == 0:
        # Children and links must know the port too.
        os.environ["TRADEWIND_PORT"] = str(free_port(env.bind))
        env, home = _environment()
    cluster = None if external_url(env) else embedded_cluster(home)
    program = [sys.executable, "-m", "tradewind"]
    told: list[str] = []

    def make_ready() -> None:
        prepare(home, env, cluster=cluster)
        # In a process of its own: what it loads must not stay for as long as the desk runs.
        done = subprocess.run([*program, "prepare"], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise OperatorError("the database could not be brought up to date; see above")
        told.extend(done.stdout.splitlines())

    children = [Child("web", [*program, "web"])]
    children += [Child(f"worker-{n + 1}", [*program, "worker"]) for n in range(env.workers)]
    Supervisor(
        children,
        address=_local(env),
        lock=home / "run.lock",
        database=cluster,
        prepare=make_ready,
        on_ready=lambda _: click.echo("\n".join([*told, f"ready {env.public_url}"])),
    ).run()


def _local(env: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.bind, env.bind)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{env.port}"


@click.command("prepare", hidden=True)
def prepare_command() -> None:
    """Tables, static files, first account, sample: what `run` does before it serves."""
    _environment()
    import django  # noqa: PLC0415  # the database's address is known only now

    django.setup()
    from tradewind.project import first_time  # noqa: PLC0415

    first_time.prepare()
    if account := first_time.told_account():
        click.echo(f"sign in as {account.email} with the password {account.password}")


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date; `run` does it by itself."""
    env, home = _environment()
    with contextlib.ExitStack() as stack:
        cluster = None if external_url(env) else embedded_cluster(home)
        if cluster is not None:
            # Started for the moment only, unless the desk runs.
            stack.enter_context(running(cluster, home))
        prepare(home, env, cluster=cluster)
        import django  # noqa: PLC0415

        django.setup()
        from tradewind.project.migrate import migrate  # noqa: PLC0415

        migrate(verbosity=1)


@click.command("web")
def web_command() -> None:
    """Start one web process."""
    env, _ = _environment()
    from granian import Granian  # noqa: PLC0415  # web alone needs it
    from granian.constants import Interfaces, Loops  # noqa: PLC0415

    Granian(
        "tradewind.project.asgi:application",
        address=env.bind,
        port=env.port,
        interface=Interfaces.ASGI,
        workers=env.web_processes,
        loop=Loops.asyncio,
        log_access=False,
        log_enabled=env.log_level == "debug",
        websockets=False,
        respawn_failed_workers=True,
        backpressure=512,
        http1_settings=None,
    ).serve()


@click.command("worker")
def worker_command() -> None:
    """Start one worker."""
    _environment()
    import django  # noqa: PLC0415

    django.setup()
    from tradewind.project import worker  # noqa: PLC0415

    worker.run()


@click.command("settings")
def settings_command() -> None:
    """List every setting, its meaning and its present value (secrets hidden)."""
    env, home = _environment()
    width = shutil.get_terminal_size().columns
    click.echo(f"data folder: {home}\n")
    for field in env_settings.FIELDS:
        value = getattr(env, field.name)
        shown = "(set)" if field.metadata["secret"] and value else value
        click.echo(f"TRADEWIND_{field.name.upper()} = {shown}")
        click.echo(click.wrap_text(field.metadata["meaning"], width, "    ", "    "))
