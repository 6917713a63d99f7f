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
@click.option(
    "--encoder/--no-encoder", default=True, show_default=True, help="Whether the desk has one."
)
def intake(batch_messages: int, single_posts: int, mails: int, *, encoder: bool) -> None:
    """Messages per second: batches, single posts, mails; and the memory it takes."""
    from tradewind.project.bench.intake import bench_intake  # noqa: PLC0415  # loads much

    _print(
        "intake",
        bench_intake(
            batch_messages=batch_messages,
            single_posts=single_posts,
            mails=mails,
            encoder=encoder,
        ),
    )


@bench_command.command("inbox")
@click.option(
    "--sizes",
    default="1000,100000,1000000",
    show_default=True,
    help="Conversations, parted by commas.",
)
def inbox(sizes: str) -> None:
    """Milliseconds of the list, a conversation and search at several sizes."""
    from tradewind.project.bench.inbox import bench_inbox  # noqa: PLC0415  # loads much

    _print("inbox", bench_inbox([int(size) for size in sizes.split(",")]))


@bench_command.command("triage")
@click.option("--messages", default=6000, show_default=True)
def triage(messages: int) -> None:
    """Messages read per second on one core, by each stage."""
    from tradewind.project.bench.triage import bench_triage  # noqa: PLC0415

    _print("triage", bench_triage(messages))


@bench_command.command("live")
@click.option("--screens", default=50, show_default=True)
@click.option("--rate", default=50, show_default=True, help="Messages a second.")
@click.option("--seconds", default=20, show_default=True)
def live(screens: int, rate: int, seconds: int) -> None:
    """Milliseconds from a message's arrival to every open screen."""
    from tradewind.project.bench.live import bench_live  # noqa: PLC0415

    _print("live", bench_live(screens=screens, rate=rate, seconds=seconds))
