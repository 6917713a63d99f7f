"""tradewind import."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradewind.project.cli.entering import at_desk
from tradewind.project.cli.people import workspace_option
from tradewind.project.cli.progress import Meter

if TYPE_CHECKING:
    from tradewind.project.importer.running import Tally
    from tradewind.project.importer.state import Place

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--channel", default="", metavar="KEY",
              help="Where it goes: a mailbox for mail, any channel for JSONL. Needed when several "
              "fit; JSONL goes to the API channel.")  # fmt: skip
@click.option("--format", "form", default="auto", show_default=True,
              type=click.Choice(["auto", "mbox", "maildir", "eml", "jsonl"]),
              help="What PATH is.")  # fmt: skip
@click.option("--since", type=_DAY, metavar="YYYY-MM-DD", help="Leave out what is older.")
@click.option("--resolve-older-than", "days", default=30, show_default=True, metavar="DAYS",
              type=click.IntRange(0, 36_500),
              help="Resolve imported conversations whose newest message is older.")  # fmt: skip
@click.option("--keep-open", is_flag=True, help="Resolve none, however old.")
@click.option("--wait/--no-wait", default=True, show_default=True,
              help="Apply here too and come back when all is in, or leave it to the workers (then "
              "none is resolved).")  # fmt: skip
@click.option("--restart", is_flag=True, help="Begin anew, not where the last try stopped.")
@click.option("--errors", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where bad items are listed; without: in the data folder.")  # fmt: skip
@workspace_option
def import_command(  # noqa: PLR0913  # click's
    path: Path,
    *,
    channel: str,
    form: str,
    since: datetime | None,
    days: int,
    keep_open: bool,
    wait: bool,
    restart: bool,
    errors: Path | None,
    workspace: str | None,
) -> None:
    """Take in old mail or messages from PATH: mbox, Maildir, a folder of .eml, .eml or JSONL.

    JSONL has one message a line in the form of POST /api/v1/messages. The same item twice is shown
    once, so an import can be repeated; stopped at any moment, the same command goes on where it
    was. Bad items are listed with their reason and stop nothing. Ends with 1 when there were any.
    """
    with at_desk() as (_, home):
        from tradewind.project import workspaces  # noqa: PLC0415  # needs Django set up
        from tradewind.project.importer import running, sources, state  # noqa: PLC0415

        source = sources.open_source(path, form)
        with workspaces.inside(workspace):
            target = running.channel_for(source, channel)
            _say_of_own_addresses(source.transport, target.config)
            place = state.place_of(home, path, channel_id=target.pk, restart=restart)
            plan = running.Plan(
                source=source,
                channel_id=target.pk,
                place=place,
                errors=_listed(place, errors),
                since=since.replace(tzinfo=UTC) if since else None,
                resolve_days=None if keep_open else days,
                wait=wait,
            )
            with Meter(f"{path.name} → {target.name}", total=source.total, unit=source.unit) as m:
                tally = running.run(plan, progress=m)
            _say(tally, plan.errors, channel_key=target.key)
    sys.exit(1 if tally.bad or tally.failed else 0)


def _listed(place: Place, errors: Path | None) -> Path:
    """Where bad items are listed; a fresh try begins a fresh list."""
    if not place.is_fresh:
        click.echo("going on where the last try stopped (--restart begins anew)", err=True)
    elif errors is None:
        place.file.with_suffix(".errors.jsonl").unlink(missing_ok=True)
    return errors or place.file.with_suffix(".errors.jsonl")


def _say(tally: Tally, errors: Path, *, channel_key: str) -> None:
    told = {
        "items read": tally.read,
        "new": tally.accepted,
        "known already": tally.duplicates,
        "older than --since": tally.too_old,
        "bad": tally.bad,
        "not applied": tally.failed,
        "waiting for a worker": tally.waiting,
        "resolved as old": tally.resolved,
    }
    for name, count in told.items():
        if count or name in ("items read", "new"):
            click.echo(f"{name:22}{count:>12,}")
    if tally.bad:
        click.echo(f"bad items and why: {errors}", err=True)
    if tally.failed:
        click.echo(f"why not applied: tradewind channel ledger {channel_key}", err=True)


def _say_of_own_addresses(transport: str, config: dict[str, object]) -> None:
    if transport == "mail" and not (config.get("address") or config.get("aliases")):
        click.echo(
            "tradewind: this mailbox has no address yet, so your own mails count as the buyer's; "
            "set it in the channel settings and import again with --restart",
            err=True,
        )
