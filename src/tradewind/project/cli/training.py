"""tradewind train: a model of one's own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from tradewind.core.errors import OperatorError
from tradewind.nlp.encoder.network import Network
from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.examples import DataError, Example, read_examples
from tradewind.nlp.own.meaning import save
from tradewind.nlp.training.own import out_folder_is_free, teach_own
from tradewind.project.cli.entering import entered
from tradewind.project.cli.people import workspace_option
from tradewind.project.cli.progress import Meter


@click.command("train")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='JSONL with "text" and "label". Without: our own corpus and what your people corrected '
    "and labelled.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write. Without: the desk's own models, see `tradewind models`.",
)
@click.option("--name", metavar="NAME", help="What the desk will know it by; a-z, 0-9 and -.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same model.")
@workspace_option
def train_command(
    data: Path | None, out: Path | None, name: str | None, seed: int, workspace: str | None
) -> None:
    """Teach a model any set of labels, in minutes on two cores.

    Judge it with `tradewind evaluate --model FOLDER FILE` or `tradewind models judge NAME`.
    """
    network = shipped_network()
    if network is None:
        raise OperatorError("the encoder was left out of this installation, and teaching needs it")
    if out and name:
        raise click.UsageError("--name is of the desk's own models; with --out leave it away")
    # With both given nothing of the desk is needed, not even its database.
    inside = contextlib.nullcontext() if data and out else entered(workspace=workspace)
    with inside:
        examples = _read(data) if data else _lessons()
        _teach(examples, network, out or _place(name), seed)


def _teach(examples: list[Example], network: Network, out: Path, seed: int) -> None:
    if not out_folder_is_free(out):
        raise OperatorError(f"{out}: holds other things; name a new or empty folder")
    started = time.monotonic()
    with _told(), Meter("learning", total=len(examples), unit="texts") as meter:
        taught = teach_own(examples, network, version=out.name, seed=seed, told=meter)
    save(out, taught.card, taught.weights)
    figures = taught.card["figures"]
    click.echo(
        f"{out}: {len(taught.card['labels'])} labels from {taught.card['examples']} texts in "
        f"{time.monotonic() - started:.0f} s; of {taught.card['kept_back']} kept back "
        f"{figures['accuracy']:.1%} right, macro-F1 {figures['macro_f1']:.3f}"
    )


def _read(data: Path) -> list[Example]:
    with _told(), data.open("rb") as lines:
        return read_examples(lines, name=str(data))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise OperatorError(str(error)) from error


def _lessons() -> list[Example]:
    from tradewind.learning import teaching  # noqa: PLC0415  # needs Django set up

    found = teaching.lessons()
    click.echo(
        f"{len(found.shipped)} texts of our own corpus and {len(found.said)} that people of the "
        "workspace corrected or labelled",
        err=True,
    )
    return [*found.shipped, *found.said]


def _place(name: str | None) -> Path:
    from tradewind.learning import services as learning  # noqa: PLC0415  # needs Django set up

    return learning.registry().folder_for(name or f"own-{datetime.now(UTC):%Y%m%d-%H%M}")
