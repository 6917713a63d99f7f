"""tradewind models: which of the models reads, and how they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tradewind.core.errors import OperatorError
from tradewind.nlp.evaluation.page import TITLES
from tradewind.project.cli.entering import entered
from tradewind.project.cli.people import workspace_option
from tradewind.project.cli.progress import Meter
from tradewind.project.cli.tables import show_rows

_BUILT_IN = "built-in"
_SHOWN = ("intent", "top_level", "calibration_error", "act_coverage")


@click.group("models")
def models_command() -> None:
    """List the desk's models, choose who reads, go back.

    The champion reads; a challenger reads beside it, its word kept and not shown. `built-in` is
    the reader that ships. The desk heeds a choice at once.
    """


@models_command.command("list")
@workspace_option
def models_list(workspace: str | None) -> None:
    """List the models, newest first."""
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415  # needs Django

        registry = learning.registry()
        standing = registry.standing()
        rows = [
            [
                entry.name,
                learning.who_is(entry.name, standing),
                str(entry.card.get("examples", "")),
                *(_figure(entry.report, name) for name in _SHOWN),
            ]
            for entry in registry.entries()
        ]
    show_rows(["name", "is", "texts", *(TITLES[name] for name in _SHOWN)], rows)


@models_command.command("show")
@click.argument("name")
@workspace_option
def models_show(name: str, workspace: str | None) -> None:
    """Show a model's card, its figures, and how it does beside the champion."""
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415
        from tradewind.learning import trials  # noqa: PLC0415

        entry = learning.registry().get(name)
        beside = trials.standoff(name)
    card = [[key, _plain(value)] for key, value in entry.card.items()]
    show_rows(["card", ""], [*card, *([TITLES[k], f"{v:.3f}"] for k, v in _figures(entry.report))])
    if beside.messages:
        click.echo(
            f"\n{beside.messages} messages read beside the champion, {beside.alike} alike; of "
            f"{beside.corrected} that people corrected it had {beside.challenger_right} right, "
            f"the champion {beside.champion_right}"
        )


@models_command.command("judge")
@click.argument("name", default=_BUILT_IN)
@workspace_option
def models_judge(name: str, workspace: str | None) -> None:
    """Hold a model against our held-out messages and keep the report beside it."""
    with entered(workspace=workspace):
        from tradewind.learning import teaching  # noqa: PLC0415

        with Meter("reading", total=len(teaching.held_out()), unit="messages") as meter:
            report = teaching.judge(name, progress=meter)
    show_rows(["figure", "value"], [[TITLES[k], f"{v:.3f}"] for k, v in _figures(report)])


@models_command.command("add")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="What the desk will know it by; else the folder's.")
@workspace_option
def models_add(folder: Path, name: str | None, workspace: str | None) -> None:
    """Take in a model of `tradewind train --out FOLDER`."""
    if not (folder / "card.json").is_file():
        raise OperatorError(f"{folder}: no model here (no card.json)")
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415

        click.echo(f"added {learning.registry().add(name or folder.name, folder).name}")


@models_command.command("use")
@click.argument("name")
@workspace_option
def models_use(name: str, workspace: str | None) -> None:
    """Make NAME the champion: from the next message on it reads."""
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415
        from tradewind.project.accounts import operator  # noqa: PLC0415

        click.echo(f"champion: {learning.use_model(operator(), name).champion}")


@models_command.command("challenge")
@click.argument("name", default="")
@workspace_option
def models_challenge(name: str, workspace: str | None) -> None:
    """Have NAME read beside the champion; without NAME nobody does any more."""
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415
        from tradewind.project.accounts import operator  # noqa: PLC0415

        click.echo(f"challenger: {learning.challenge(operator(), name).challenger or 'none'}")


@models_command.command("back")
@workspace_option
def models_back(workspace: str | None) -> None:
    """Make the champion before this one champion again."""
    with entered(workspace=workspace):
        from tradewind.learning import services as learning  # noqa: PLC0415
        from tradewind.project.accounts import operator  # noqa: PLC0415

        click.echo(f"champion: {learning.back(operator()).champion}")


def _figures(report: dict[str, Any] | None) -> list[tuple[str, float]]:
    return list(report["figures"].items()) if report else []


def _figure(report: dict[str, Any] | None, name: str) -> str:
    return f"{report['figures'][name]:.3f}" if report else ""


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)}: {', '.join(map(str, value[:6]))}{' …' if len(value) > 6 else ''}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)
