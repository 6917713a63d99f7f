"""tradewind connector, tradewind channel."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tradewind.channels.connector import check
from tradewind.core.errors import OperatorError
from tradewind.project.cli.entering import entered
from tradewind.project.cli.people import workspace_option
from tradewind.project.cli.tables import show_rows


@click.group("connector")
def connector_command() -> None:
    """Check connector files against example payloads."""


@connector_command.command("check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
def connector_check(paths: tuple[str, ...]) -> None:
    """Check connector files (*.toml) and run payload cases (*.meta.json), or folders of both.

    Ends with 1 when something differs from what the cases expect.
    """
    sys.exit(check.main(list(paths)))


@click.group("channel")
def channel_command() -> None:
    """List channels, show their ledger, replay failed deliveries."""


@channel_command.command("list")
@workspace_option
def channel_list(workspace: str | None) -> None:
    """List the channels, how they stand and what waits in them."""
    with entered(workspace=workspace):
        from tradewind.project import channel_desk as desk  # noqa: PLC0415  # needs Django set up

        rows = []
        for channel in desk.channels():
            figures = desk.ledger(channel)
            rows.append(
                (
                    channel.key,
                    channel.platform,
                    channel.name,
                    channel.state,
                    str(figures.waiting),
                    str(figures.failed),
                    channel.last_error[:60],
                )
            )
    show_rows(("key", "platform", "name", "state", "waiting", "failed", "last error"), rows)


@channel_command.command("create")
@click.argument("platform")
@click.argument("name")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of it.")
@click.option(
    "--secret-file",
    "secret_files",
    multiple=True,
    metavar="NAME=FILE",
    help="A secret of it, read from a file so that no process list shows it.",
)
@click.option("--live/--draft", default=False, help="Whether it works at once.", show_default=True)
@workspace_option
def channel_create(
    platform: str,
    name: str,
    settings: tuple[str, ...],
    secret_files: tuple[str, ...],
    live: bool,  # noqa: FBT001  # click's
    workspace: str | None,
) -> None:
    """Make a channel of PLATFORM (api, email, shopify, telegram …) and print its key."""
    secrets = dict(_secret(text) for text in secret_files)
    with entered(workspace=workspace):
        from tradewind.project import channel_desk as desk  # noqa: PLC0415

        config = dict(desk.setting(text) for text in settings)
        channel = desk.create(platform, name, config=config, given=secrets, live=live)
        click.echo(channel.key)
        state = "it works" if live else "a draft: make it live in the channel settings"
        click.echo(f"made “{channel.name}”; {state}", err=True)


@channel_command.command("ledger")
@click.argument("key")
@click.option("--failed", "most", type=click.IntRange(0, 1000), default=10, show_default=True,
              help="How many failed deliveries to list.")  # fmt: skip
@workspace_option
def channel_ledger(key: str, most: int, workspace: str | None) -> None:
    """Show what came through the channel KEY and what became of it."""
    with entered(workspace=workspace):
        from tradewind.project import channel_desk as desk  # noqa: PLC0415

        channel = desk.find(key)
        figures = desk.ledger(channel)
        failed = [
            (str(d.pk), f"{d.received_at:%Y-%m-%d %H:%M:%S}", d.transport, d.error[:200])
            for d in desk.failed(channel, most=most)
        ]
        click.echo(f"{channel.name} ({channel.platform}, {channel.state})")
    told = {
        "accepted": figures.accepted,
        "applied": figures.applied,
        "nothing to do": figures.ignored,
        "failed": figures.failed,
        "waiting": figures.waiting,
        "refused": figures.refused,
        "last 24 hours": figures.today,
    }
    for name, count in told.items():
        click.echo(f"{name:15}{count:>10,}")
    if figures.oldest_waiting_at:
        click.echo(f"oldest waiting since {figures.oldest_waiting_at:%Y-%m-%d %H:%M:%S} UTC")
    if failed:
        click.echo()
        show_rows(("delivery", "received", "by", "why it failed"), failed)


@channel_command.command("replay")
@click.argument("key")
@click.option("--delivery", "deliveries", multiple=True, type=int, metavar="ID",
              help="Only this one; may be given several times. Without: all.")  # fmt: skip
@workspace_option
def channel_replay(key: str, deliveries: tuple[int, ...], workspace: str | None) -> None:
    """Apply the failed deliveries of the channel KEY again."""
    with entered(workspace=workspace):
        from tradewind.project import channel_desk as desk  # noqa: PLC0415

        count = desk.replay(desk.find(key), deliveries)
    click.echo(f"{count} deliveries wait to be applied again; a running worker takes them")


def _secret(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise OperatorError(f"--secret-file: got “{text}”, wanted NAME=FILE.")
    try:
        return name, Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"--secret-file: {file} cannot be read: {error}.") from error
