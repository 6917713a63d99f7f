"""tradewind backup, tradewind restore."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import django

from tradewind.core import home as homes
from tradewind.core.errors import OperatorError
from tradewind.core.postgres import addresses, embedded_cluster, external_url, prepare
from tradewind.core.settings import Settings
from tradewind.project.backup import archive, place
from tradewind.project.backup.sealed import SHORTEST
from tradewind.project.cli.entering import UNFINISHED, at_desk, desk_runs, environment, running
from tradewind.project.cli.progress import Meter

_passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file's text seals the backup. Lost, so is the backup.",
)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_passphrase_option
def backup_command(file: Path, passphrase_file: Path | None) -> None:
    """Write everything to one FILE: database, attachments, connector files and the key.

    The desk may run meanwhile; the backup is what it held at one moment. FILE holds personal data
    and the installation's key: it is its owner's only to read, and sealed with --passphrase-file.
    It never overwrites. Ends with 1 when an attachment was missing.
    """
    passphrase = _passphrase(passphrase_file)
    if file.exists():
        raise OperatorError(f"FILE: {file} is there already; a backup never overwrites.")
    with at_desk() as (env, home):
        from django.conf import settings  # noqa: PLC0415  # needs Django set up

        from tradewind.inbox.storage import file_store  # noqa: PLC0415
        from tradewind.project.backup import dump  # noqa: PLC0415

        owner_url = addresses(home, env).owner_url
        parts = dump.Parts(owner_url, home, settings.KEYS, file_store())
        total = dump.expected_bytes(owner_url)
        with Meter("backup", total=total, unit="bytes") as meter:
            done = dump.write(file, parts, passphrase=passphrase, progress=meter)
    click.echo(
        f"{file}: {done.rows:,} rows of {done.tables} tables, {done.files:,} files, "
        f"{done.bytes_on_disk / 2**20:,.1f} MB, {'sealed' if passphrase else 'not sealed'}"
    )
    if done.missing:
        told = ", ".join(done.missing[:3])
        click.echo(f"{len(done.missing)} attachments are missing in the store: {told} …", err=True)
        sys.exit(1)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_passphrase_option
@click.option("--replace", is_flag=True, help="Lose what is there; without, the place is empty.")
@click.option("--check", "only_check", is_flag=True, help="Only check FILE and say what it holds.")
def restore_command(
    file: Path, *, passphrase_file: Path | None, replace: bool, only_check: bool
) -> None:
    """Bring a backup back into an empty place: another machine, database or PostgreSQL version.

    FILE is read and checked as a whole before anything is touched. The database is filled in one
    transaction; a restore that was cut off is not taken for a desk.
    """
    passphrase = _passphrase(passphrase_file)
    env, home = environment()
    if desk_runs(home) and not only_check:
        raise OperatorError(f"The desk runs on {home}; stop it, then restore.")
    with Meter(f"checking {file.name}", total=_size(file), unit="bytes") as meter:
        found = archive.check(file, passphrase=passphrase, progress=meter)
    rows = sum(table["rows"] for table in found.manifest["tables"].values())
    click.echo(
        f"{file.name}: made {found.head['made_at']} by Tradewind {found.head['program']}; "
        f"{rows:,} rows, {found.manifest['files']['count']:,} files; whole"
    )
    if only_check:
        return
    place.require_key(env, home, found.key)
    with _database(env, homes.make(home)):
        _restore(file, found, env=env, home=home, passphrase=passphrase, replace=replace)
    click.echo(f"restored into {home}; `tradewind run` starts it")


@contextlib.contextmanager
def _database(env: Settings, home: Path) -> Iterator[None]:
    if external_url(env) is not None:
        yield
        return
    cluster = embedded_cluster(home)
    with running(cluster, home):
        prepare(home, env, cluster=cluster)
        yield


def _restore(  # one step of one command
    file: Path, found: archive.Found, *, env: Settings, home: Path, passphrase: str, replace: bool
) -> None:
    unfinished = home / UNFINISHED
    key = env.key or found.key["current"]
    at = addresses(home, {**env, "TRADEWIND_KEY": key})
    known = set(found.manifest["tables"])
    is_replacing = replace or unfinished.exists()
    place.require_empty(at.owner_url, home, known=known, replace=is_replacing)
    place.require_unused(at.owner_url, at.app_url)
    if not env.key:
        # The program is set up with the backup's key before that key lies in the data folder.
        os.environ["TRADEWIND_KEY"] = key
    django.setup()
    from tradewind.inbox.storage import file_store  # noqa: PLC0415  # needs Django set up
    from tradewind.project.backup import load  # noqa: PLC0415
    from tradewind.project.migrate import migrate  # noqa: PLC0415

    load.require_known(found)
    # Nothing has been touched until here.
    unfinished.touch(mode=0o600)
    for said in place.put_key(env, home, found.key):
        click.echo(said, err=True)
    prepare(home, env)
    with Meter("restoring", total=_size(file), unit="bytes") as meter:
        load.restore(
            file, found, home=home, store=file_store(), passphrase=passphrase, progress=meter
        )
    # Newer than the backup, the program brings the tables up to date; and the walls go up.
    migrate()
    unfinished.unlink()


def _passphrase(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"--passphrase-file: {path} cannot be read: {error}.") from error
    if len(text) < SHORTEST:
        raise OperatorError(
            f"--passphrase-file: got {len(text)} characters, wanted at least {SHORTEST}."
        )
    return text


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise OperatorError(f"FILE: {file} cannot be read: {error.strerror}.") from error
