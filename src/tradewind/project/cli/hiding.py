"""tradewind redact: personal data out of texts; no database, no network, no Django."""

from __future__ import annotations

import signal
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import click
import orjson

from tradewind.nlp.pii import Kind, Known, Style, find, redact
from tradewind.nlp.stream import ItemError, parse_item

_EXAMPLE = '{"text": "Call me: +49 170 1234567"}'
_LISTS = ("names", "addresses")


@click.command("redact")
@click.option("--plain", is_flag=True, help="The input is one text, not JSON lines.")
@click.option("--country", default="", metavar="CC", help="Where the buyers are, if not told.")
@click.option(
    "--keep",
    type=click.Choice([kind.value for kind in Kind]),
    multiple=True,
    help="A kind to leave as it is; may be given several times.",
)
@click.option(
    "--style",
    type=click.Choice([style.value for style in Style]),
    default=Style.KIND.value,
    show_default=True,
    help='"[email]", or blocks of the same length.',
)
def redact_command(plain: bool, country: str, keep: tuple[str, ...], style: str) -> None:  # noqa: FBT001  # click's
    """Take personal data out of texts from standard input.

    One JSON object a line in: {"text", "id"?, "country"?, "names"?, "addresses"?}; names and
    addresses are lists of what the order says. One a line out, in order: {"id"?, "text", "found"}.
    Order and tracking numbers stay. A line that cannot be read is answered with {"error"}.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if sys.stdin.isatty():
        example = "text" if plain else _EXAMPLE
        click.echo(f"reading from the terminal; try {example}, end with Ctrl-D", err=True)
    chosen = frozenset(Kind) - set(map(Kind, keep))
    if plain:
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
        click.echo(
            _redacted({"text": text, "country": country}, chosen, Style(style))["text"], nl=False
        )
        return
    for line in _answers(sys.stdin.buffer, country=country, kinds=chosen, style=Style(style)):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def _answers(
    lines: BinaryIO | Iterable[bytes], *, country: str, kinds: frozenset[Kind], style: Style
) -> Iterator[bytes]:
    for line in lines:
        if line.strip():
            answer = _answer(line, country=country, kinds=kinds, style=style)
            yield orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


def _answer(line: bytes, *, country: str, kinds: frozenset[Kind], style: Style) -> dict[str, Any]:
    try:
        item = orjson.loads(line.removeprefix(BOM_UTF8))
        told = parse_item(item)
        _check(item, told.id)
    except orjson.JSONDecodeError as error:
        return {"error": f"not a JSON line: {error}"}
    except ItemError as error:
        return ({} if error.id is None else {"id": error.id}) | {"error": str(error)}
    head = {} if told.id is None else {"id": told.id}
    return head | _redacted({"country": country} | item, kinds, style)


def _check(item: dict[str, Any], id: str | int | None) -> None:
    for name in _LISTS:
        given = item.get(name) or []
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ItemError(f'"{name}": expected a list of texts', id=id)
    if not isinstance(item.get("country") or "", str):
        raise ItemError('"country": expected two letters', id=id)


def _redacted(item: dict[str, Any], kinds: frozenset[Kind], style: Style) -> dict[str, Any]:
    known = Known(*(tuple(item.get(name) or ()) for name in _LISTS))
    spans = find(item["text"], country=item.get("country") or "", known=known)
    wanted = [span for span in spans if span.kind in kinds]
    found = [{"kind": span.kind, "start": span.start, "end": span.end} for span in wanted]
    return {"text": redact(item["text"], wanted, style), "found": found}
