"""tradewind train: a model of one's own."""

from __future__ import annotations

import time
from pathlib import Path

import click

from tradewind.core.errors import OperatorError
from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.examples import DataError, read_examples
from tradewind.nlp.own import save
from tradewind.nlp.training.own import out_folder_is_free, teach_own
from tradewind.project.cli.progress import Meter


@click.command("train")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help='JSONL with "text" and "label".',
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same model.")
def train_command(data: Path, out: Path, seed: int) -> None:
    """Teach a model any set of labels, in minutes on two cores.

    Judge it with `tradewind evaluate --model FOLDER FILE`.
    """
    network = shipped_network()
    if network is None:
        raise OperatorError("the encoder was left out of this installation, and teaching needs it")
    if not out_folder_is_free(out):
        raise OperatorError(f"{out}: holds other things; name a new or empty folder")
    started = time.monotonic()
    with data.open("rb") as lines:
        try:
            examples = read_examples(lines, name=str(data))
            with Meter("learning", total=len(examples), unit="texts") as meter:
                taught = teach_own(examples, network, version=out.name, seed=seed, told=meter)
        except DataError as error:
            raise OperatorError(str(error)) from error
    save(out, taught.card, taught.weights)
    figures = taught.card["figures"]
    click.echo(
        f"{out}: {len(taught.card['labels'])} labels from {taught.card['examples']} texts in "
        f"{time.monotonic() - started:.0f} s; of {taught.card['kept_back']} kept back "
        f"{figures['accuracy']:.1%} right, macro-F1 {figures['macro_f1']:.3f}"
    )
