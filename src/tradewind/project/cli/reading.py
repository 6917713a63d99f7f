"""tradewind triage: no database, no network, no Django."""

from __future__ import annotations

import signal
import sys

import click

from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.stream import triage_stream

_EXAMPLE = '{"id": 1, "text": "Where is my parcel?"}'


@click.command("triage")
@click.option("--jsonl", is_flag=True, help="One JSON object a line in and out (always so today).")
@click.option(
    "--batch",
    type=click.IntRange(1, 10_000),
    default=64,
    show_default=True,
    help="Most lines that are read at once; more is a little faster, and answers later.",
)
def triage_command(jsonl: bool, batch: int) -> None:  # noqa: FBT001  # click's; one form yet
    """Read messages from standard input and say what each is about.

    One JSON object a line in: {"id", "text", "subject"?, "channel"?, "site"?}. One a line out, in
    order: language, intent, emotion, urgency and the rest, with the words that speak for each. A
    line that cannot be read is answered with {"error"}, and the rest goes on.
    """
    # Who reads our answers may stop early (`| head`): then we end as any filter does, quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdin.isatty():
        click.echo(f"reading from the terminal; try {_EXAMPLE}, end with Ctrl-D", err=True)
    out = sys.stdout.buffer
    for line in triage_stream(sys.stdin.buffer, reader=default_cascade(), batch=batch):
        out.write(line)
        out.flush()
