"""tradewind token, tradewind person."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from tradewind.project.cli.entering import at_desk, entered
from tradewind.project.cli.tables import show_rows

workspace_option = click.option(
    "--workspace",
    metavar="NAME",
    help="Which workspace, by name or number; needed when there are several.",
)


@click.group("token")
def token_command() -> None:
    """Make and revoke API tokens."""


@token_command.command("create")
@click.option("--name", required=True, metavar="N", help="What you will know it by.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="S",
    help="What it is good for; give it several times or parted by commas: "
    "messages:write, conversations:read, replies:write, triage.",
)
@click.option(
    "--expires",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Last day it is good for (UTC). Without: until it is revoked.",
)
@workspace_option
def token_create(
    name: str, scopes: tuple[str, ...], expires: datetime | None, workspace: str | None
) -> None:
    """Make a token and print it, this once.

    The token alone goes to standard output, so `TOKEN=$(tradewind token create …)` works.
    """
    wanted = [scope.strip() for given in scopes for scope in given.split(",") if scope.strip()]
    until = expires.replace(hour=23, minute=59, second=59, tzinfo=UTC) if expires else None
    if until and until < datetime.now(UTC):
        raise click.BadParameter(f"{expires:%Y-%m-%d} is past.", param_hint="--expires")
    with entered(workspace=workspace):
        from tradewind.project import accounts  # noqa: PLC0415  # needs Django set up

        secret = accounts.create_token(name, wanted, until)
    click.echo(secret)
    click.echo("Keep it now: it is not kept here and cannot be shown again.", err=True)


@token_command.command("list")
@workspace_option
def token_list(workspace: str | None) -> None:
    """List the tokens (never the secrets)."""
    with entered(workspace=workspace):
        from tradewind.project import accounts  # noqa: PLC0415

        rows = [
            (
                str(token.pk),
                token.name,
                f"{token.prefix}…",
                " ".join(token.scopes),
                _day(token.last_used_at) or "never",
                _state(token.revoked_at, token.expires_at),
            )
            for token in accounts.tokens()
        ]
    show_rows(("number", "name", "begins", "scopes", "last used", "state"), rows)


@token_command.command("revoke")
@click.argument("token")
@workspace_option
def token_revoke(token: str, workspace: str | None) -> None:
    """Make TOKEN (its number, its name or itself) worthless from now on."""
    with entered(workspace=workspace):
        from tradewind.project import accounts  # noqa: PLC0415

        revoked = accounts.revoke_token(token)
        click.echo(f"revoked {revoked.pk} “{revoked.name}”")


@click.group("person")
def person_command() -> None:
    """Add people and set passwords."""


@person_command.command("add")
@click.argument("email")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["owner", "admin", "lead", "agent", "reviewer", "read_only"]),
    help="What they may do.",
)
@click.option("--name", default="", help="How colleagues see them.")
@workspace_option
def person_add(email: str, role: str, name: str, workspace: str | None) -> None:
    """Add a colleague and print the password they first sign in with."""
    with entered(workspace=workspace):
        from tradewind.project import accounts  # noqa: PLC0415

        added = accounts.add_person(email, role=role, name=name)
        _hand_over(added.person.email, added.password)


@person_command.command("password")
@click.argument("email")
def person_password(email: str) -> None:
    """Give somebody a new password, print it, and end their sessions and any lock-out."""
    with at_desk():
        from tradewind.project import accounts  # noqa: PLC0415

        given = accounts.set_password(email)
        _hand_over(given.person.email, given.password)


@person_command.command("no-second-step")
@click.argument("email")
def person_no_second_step(email: str) -> None:
    """Take away the second step of somebody who lost telephone, key and recovery codes."""
    with at_desk():
        from tradewind.project import accounts  # noqa: PLC0415

        person = accounts.remove_second_step(email)
        click.echo(f"{person.email} now signs in with the password alone")


@person_command.command("list")
@workspace_option
def person_list(workspace: str | None) -> None:
    """List the people of a workspace."""
    with entered(workspace=workspace):
        from tradewind.project import accounts  # noqa: PLC0415

        rows = [
            (
                m.person.email,
                m.person.name,
                m.role,
                m.team.name if m.team else "",
                _day(m.person.last_login) or "never",
            )
            for m in accounts.people()
        ]
    show_rows(("address", "name", "role", "team", "last sign-in"), rows)


def _hand_over(email: str, password: str) -> None:
    if not password:
        click.echo(f"{email} was known already and keeps the password they have", err=True)
        return
    click.echo(password)
    click.echo(
        f"The password of {email}, shown this once; they change it in their account.", err=True
    )


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _state(revoked_at: datetime | None, expires_at: datetime | None) -> str:
    if revoked_at:
        return f"revoked {_day(revoked_at)}"
    if expires_at and expires_at < datetime.now(UTC):
        return "out of date"
    return f"good until {_day(expires_at)}" if expires_at else "good"
