"""tradewind evaluate: how well messages are understood."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

import click
import orjson

from tradewind.core.errors import OperatorError
from tradewind.nlp import corpus
from tradewind.nlp.cascade import default_cascade
from tradewind.nlp.corpus import Labelled
from tradewind.nlp.corpus.checking import row_faults
from tradewind.nlp.encoder.reader import shipped_network
from tradewind.nlp.evaluation.bars import fallen
from tradewind.nlp.evaluation.own import judge_own
from tradewind.nlp.evaluation.page import TITLES, as_html
from tradewind.nlp.evaluation.report import Report, evaluate
from tradewind.nlp.examples import read_examples
from tradewind.nlp.own.loading import load
from tradewind.project.cli.progress import Meter
from tradewind.project.cli.tables import show_rows

_SHOWN = ("intent", "intent_in_three", "top_level", "complaint", "emotion", "urgency", "language")
_MOST_FAULTS = 10
_BARS = (0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.0)


@click.command("evaluate")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help='A folder of `tradewind train`; FILE then holds "text" and "label".',
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write it as a page to this file.",
)
@click.option("--check", is_flag=True, help="Exit 1 where a figure is below its bar.")
def evaluate_command(
    file: Path | None,
    model: Path | None,
    as_json: bool,  # noqa: FBT001  # click's
    html: Path | None,
    check: bool,  # noqa: FBT001
) -> None:
    """Hold the reader against labelled messages.

    FILE is JSONL with "text", "intent" and what else is known: "language", "complaint",
    "emotion", "threats", "urgency", "also". Without FILE: the part of our own corpus that
    nothing learns from.
    """
    if model and (html or check):
        raise click.UsageError("--html and --check are of the reader that ships, not of --model")
    if html and not html.parent.is_dir():  # said before minutes of reading, not after
        raise OperatorError(f"{html}: there is no folder {html.parent}")
    if model:
        _judge_own(model, file, as_json=as_json)
        return
    rows = list(_rows(file)) if file else list(corpus.read_all("held_out"))
    if not rows:
        raise OperatorError(f"{file}: expected labelled messages, got an empty file")
    with Meter("reading", total=len(rows), unit="messages") as meter:
        report = evaluate(default_cascade(), rows, progress=meter)
    if html:
        html.write_text(as_html(report), "utf-8")
    if as_json:
        click.echo(orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2))
    else:
        _show(report)
    low = fallen(report.figures) if check else []
    if low:
        sys.exit("below the bar: " + "; ".join(low))


def _judge_own(folder: Path, file: Path | None, *, as_json: bool) -> None:
    if file is None:
        raise click.UsageError("--model wants a FILE to hold it against")
    try:
        model = load(folder, shipped_network())
        with file.open("rb") as lines:
            examples = read_examples(lines, name=str(file))
    except ValueError as error:
        raise OperatorError(str(error)) from error
    if not examples:
        raise OperatorError(f"{file}: expected labelled texts, got an empty file")
    with Meter("reading", total=len(examples), unit="texts") as meter:
        figures = judge_own(model, examples, progress=meter)
    if as_json:
        click.echo(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
        return
    plain = {name: value for name, value in figures.items() if isinstance(value, float)}
    show_rows(["figure", "value"], [[name, f"{value:.4f}"] for name, value in plain.items()])
    click.echo()
    show_rows(
        ["label", "precision", "recall", "f1", "texts"],
        [
            [label, *(f"{each[k]:.3f}" for k in ("precision", "recall", "f1")), str(each["n"])]
            for label, each in figures["labels"].items()
        ],
    )


def _bars(report: Report) -> Iterator[tuple[float, float, float]]:
    """What is covered, and right of that, where answers are taken from a confidence on."""
    for bar in _BARS:
        held = [(covers, right) for told, covers, right in report.curve if told >= bar]
        if held:
            yield bar, *held[-1]


def _rows(path: Path) -> Iterator[Labelled]:
    faults: list[str] = []
    for n, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = _row(line)
        except (ValueError, TypeError, KeyError) as error:
            faults.append(f"line {n}: {error}")
            continue
        wrong = list(row_faults(row))
        faults += (f"line {n}: {fault}" for fault in wrong)
        if not wrong:
            yield row
    if faults:
        more = f"\n… and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        message = "\n".join(faults[:_MOST_FAULTS]) + more
        raise OperatorError(f"{path}: not labelled messages\n{message}")


def _row(line: bytes) -> Labelled:
    found = orjson.loads(line.removeprefix(BOM_UTF8))
    if not isinstance(found, dict):
        raise TypeError("expected a JSON object")
    missing = [name for name in ("text", "intent") if not isinstance(found.get(name), str)]
    if missing:
        raise ValueError(f"{', '.join(missing)}: expected text")
    language = found.setdefault("language", "und")
    return corpus.labelled(found, str(found.get("group", language)))


def _show(report: Report) -> None:
    show_rows(
        ["figure", "value"],
        [[TITLES[name], f"{value:.3f}"] for name, value in report.figures.items()],
    )
    click.echo()
    show_rows(
        ["language", *_SHOWN],
        [
            [name, *(f"{figures[each]:.3f}" for each in _SHOWN)]
            for name, figures in report.groups.items()
        ],
    )
    click.echo()
    show_rows(
        ["problem", "precision", "recall", "f1", "messages"],
        [
            [leaf, *(f"{each[k]:.3f}" for k in ("precision", "recall", "f1")), str(each["n"])]
            for leaf, each in report.leaves.items()
        ],
    )
    click.echo()
    show_rows(
        ["was", "read as", "times"],
        [[wanted, got, str(count)] for wanted, got, count in report.confusions[:12]],
    )
    click.echo()
    show_rows(
        ["confidence", "right", "messages"],
        [[f"{told:.2f}", f"{right:.3f}", str(n)] for told, right, n in report.calibration],
    )
    click.echo()
    show_rows(
        ["answered from", "covers", "right"],
        [[f"{bar:.2f}", f"{covers:.3f}", f"{right:.3f}"] for bar, covers, right in _bars(report)],
    )
    rate = report.messages / report.seconds if report.seconds else 0
    stages = ", ".join(f"{name} {count}" for name, count in report.stages.items())
    click.echo(f"\n{report.messages} messages, {rate:.0f} a second on one core; read by {stages}")
