"""tradewind train: a model of one's own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tradewind.core.errors import OperatorError
from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.examples import DataError, Example, read_examples
from tradewind.nlp.training.keeping import out_folder_is_free
from tradewind.nlp.training.own import teach_own
from tradewind.nlp.training.tuning import HUB_RATE, LOSSES, OWN_RATE, Tuning, require_libraries
from tradewind.project.cli.entering import entered
from tradewind.project.cli.people import workspace_option
from tradewind.project.cli.progress import Meter

RATES = f"How fast to learn.  [default: {OWN_RATE:g}, of a hub's base {HUB_RATE:g}]"
Teach = Callable[[list[Example], Path, Tuning], dict[str, Any]]
"""Writes a model's folder and gives its card."""


def _of_transformers(name: str, *, help: str, **how: Any) -> Callable[[Any], Any]:
    """An option of ``Tuning``; None where it is not given."""
    usual = getattr(Tuning(), name)
    told = f"{help}  [default: {usual}]" if usual else help
    return click.option(f"--{name.replace('_', '-')}", name, default=None, help=told, **how)


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
@click.option(
    "--backend",
    type=click.Choice(["built-in", "transformer"]),
    default="built-in",
    show_default=True,
    help="built-in: minutes on two cores. transformer: fine-tunes an encoder; hours there, better "
    "on a GPU; needs pip install 'tradewind[train]'.",
)
@_of_transformers("base", metavar="BASE", help="builtin (as shipped), a folder, or a hub's name.")
@_of_transformers("epochs", type=click.IntRange(1, 1000), help="At most so many.")
@_of_transformers("batch", type=click.IntRange(1, 4096), help="Texts at a time.")
@_of_transformers("rate", type=click.FloatRange(0, 1, min_open=True), help=RATES)
@_of_transformers("loss", type=click.Choice(LOSSES), help="focal: what is known counts less.")
@_of_transformers("class_weights", is_flag=True, help="Rare labels weigh as much as common ones.")
@_of_transformers(
    "patience",
    type=click.IntRange(0, 1000),
    help="Stop after so many epochs without a better macro-F1; 0: never.",
)
@workspace_option
def train_command(
    data: Path | None,
    out: Path | None,
    name: str | None,
    seed: int,
    backend: str,
    workspace: str | None,
    **tuning: Any,
) -> None:
    """Teach a model any set of labels; broken off, the same command goes on where it was.

    Judge it with `tradewind evaluate --model FOLDER FILE` or `tradewind models judge NAME`.
    """
    chosen = {key: value for key, value in tuning.items() if value is not None}
    if chosen and backend == "built-in":
        raise click.UsageError(
            f"--{next(iter(chosen)).replace('_', '-')} is of --backend transformer"
        )
    teach = _fine_tune if backend == "transformer" else _weigh
    if out and name:
        raise click.UsageError("--name is of the desk's own models; with --out leave it away")
    # With both given nothing of the desk is needed, not even its database.
    inside = contextlib.nullcontext() if data and out else entered(workspace=workspace)
    with inside:
        examples = _read(data) if data else _lessons()
        _teach(teach, examples, out or _place(name), Tuning(seed=seed, **chosen))


def _teach(teach: Teach, examples: list[Example], out: Path, tuning: Tuning) -> None:
    if not out_folder_is_free(out):
        raise OperatorError(f"{out}: holds other things; name a new or empty folder")
    started = time.monotonic()
    with _told():
        card = teach(examples, out, tuning)
    figures = card["figures"]
    click.echo(
        f"{out}: {len(card['labels'])} labels from {card['examples']} texts in "
        f"{time.monotonic() - started:.0f} s; of {card['kept_back']} kept back "
        f"{figures['accuracy']:.1%} right, macro-F1 {figures['macro_f1']:.3f}"
    )


def _weigh(examples: list[Example], out: Path, tuning: Tuning) -> dict[str, Any]:
    network = shipped_network()
    if network is None:
        raise OperatorError("the encoder was left out of this installation, and teaching needs it")
    with Meter("learning", total=len(examples), unit="texts") as meter:
        return teach_own(examples, network, out, seed=tuning.seed, told=meter)


def _fine_tune(examples: list[Example], out: Path, tuning: Tuning) -> dict[str, Any]:
    require_libraries(base=tuning.base)
    from tradewind.nlp.training.tuned import teach_tuned  # noqa: PLC0415  # loads PyTorch

    with Meter("learning", total=len(examples) * tuning.epochs, unit="texts") as meter:
        return teach_tuned(examples, tuning, out, told=meter)


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
