"""tradewind bench: speeds as JSON."""

from __future__ import annotations

import json
import os
import platform
from typing import Any

import click

from tradewind import __version__


@click.group("bench")
def bench_command() -> None:
    """Measure speeds on a desk of its own, in a temporary folder; prints JSON."""


def _print(name: str, figures: dict[str, Any]) -> None:
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
    told = {"bench": name, "version": __version__, "machine": machine, **figures}
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


@bench_command.command("intake")
@click.option("--batch-messages", default=20_000, show_default=True)
@click.option("--single-posts", default=8_000, show_default=True)
@click.option("--mails", default=2_000, show_default=True)
def intake(batch_messages: int, single_posts: int, mails: int) -> None:
    """Messages per second: batches, single posts, mails."""
    from tradewind.project.bench.intake import bench_intake  # noqa: PLC0415  # loads much

    _print(
        "intake",
        bench_intake(batch_messages=batch_messages, single_posts=single_posts, mails=mails),
    )
