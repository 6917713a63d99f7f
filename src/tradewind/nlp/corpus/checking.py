"""Is the corpus whole: every field valid, every leaf as often, nothing twice, nothing leaked."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from tradewind.nlp import corpus
from tradewind.nlp.contract import COMPLAINTS, EMOTIONS, INTENTS, THREATS, URGENCIES
from tradewind.nlp.corpus import Labelled

PER_LEAF = {"train": 16, "held_out": 4}
"""The least; a language may have more, but of every leaf alike."""
HALVES = frozenset({"cs", "sk", "da", "nb", "id", "ms"})
"""Close pairs of languages share the room of one: half as many messages each."""
KINDS = ("order_id", "tracking_id", "sku")
TOO_LIKE = 0.6
"""The share of common four-letter runs from which two texts count as the same one retold."""
LEAST_RUNS = 12
"""Of shorter texts nobody can say that one is the other retold."""
_NOT_WORD = re.compile(r"\W+")
_SPACE = re.compile(r"\s")


def complaints() -> Iterator[str]:
    """What is wrong with the corpus, a sentence each; nothing when it is whole."""
    seen: dict[str, str] = {}
    for group in corpus.groups():
        parts = {part: corpus.read(part, group) for part in ("train", "held_out")}
        for part, rows in parts.items():
            yield from _balance(f"{part}/{group}", rows, PER_LEAF[part] // (1 + (group in HALVES)))
        for part, rows in parts.items():
            for n, row in enumerate(rows, 1):
                where = f"{part}/{group}.jsonl:{n}"
                yield from (f"{where}: {fault}" for fault in row_faults(row))
                key = _NOT_WORD.sub("", row.text.casefold()) or row.text
                if key in seen and row.intent != "other.unclear":
                    yield f"{where}: the same text as {seen[key]}"
                seen.setdefault(key, where)
        yield from _leaks(group, parts["train"], parts["held_out"])
    for n, row in enumerate(corpus.read_negative(), 1):
        yield from (f"negative.jsonl:{n}: {fault}" for fault in row_faults(row))


def row_faults(row: Labelled) -> Iterator[str]:
    """What is wrong with one row by itself."""
    fields = [
        ("intent", [row.intent], INTENTS),
        ("also", row.also, INTENTS),
        ("complaint", [row.complaint], COMPLAINTS),
        ("emotion", [row.emotion], EMOTIONS),
        ("threats", row.threats, THREATS),
        ("urgency", [row.urgency], URGENCIES),
        ("entity kind", [kind for kind, _, _ in row.entities], KINDS),
    ]
    for name, values, allowed in fields:
        yield from (
            f"{name}: {value!r} is none of ours" for value in values if value not in allowed
        )
    if not row.text.strip():
        yield "text: empty"
    if row.intent in row.also:
        yield f"also: repeats the intent {row.intent}"
    for kind, start, end in row.entities:
        found = row.text[start:end]
        if not found or found != found.strip():
            yield f"entity {kind} {start}-{end}: {found!r} is no number"


def _balance(where: str, rows: Sequence[Labelled], least: int) -> Iterator[str]:
    counted = Counter(row.intent for row in rows)
    wanted = max([least, *counted.values()])
    for leaf in INTENTS:
        if counted[leaf] != wanted:
            yield f"{where}: {counted[leaf]} messages of {leaf}, wanted {wanted}"


def _leaks(group: str, learned: Sequence[Labelled], held: Sequence[Labelled]) -> Iterator[str]:
    asked = [_runs(row.text) for row in held]
    wanted = frozenset(chain.from_iterable(asked))
    sizes: list[int] = []
    places: dict[str, list[int]] = defaultdict(list)
    for m, row in enumerate(learned):
        known = _runs(row.text)
        sizes.append(len(known))
        for run in known & wanted:
            places[run].append(m)
    for n, runs in enumerate(asked, 1):
        if len(runs) < LEAST_RUNS:
            continue
        common = Counter(chain.from_iterable(places.get(run, ()) for run in runs))
        for m, shared in sorted(common.items()):
            if shared > TOO_LIKE * (len(runs) + sizes[m] - shared):
                yield f"held_out/{group}.jsonl:{n}: much like train/{group}.jsonl:{m + 1}"


def _runs(text: str) -> frozenset[str]:
    bare = _SPACE.sub("", text.casefold())
    return frozenset(bare[n : n + 4] for n in range(len(bare) - 3))


def main() -> None:
    """Print every fault; exit 1 where there is one, 0 with the counts where there is none."""
    faults = list(complaints())
    if faults:
        sys.exit("\n".join(faults))
    rows = chain(corpus.read_all("train"), corpus.read_all("held_out"))
    counts = Counter(row.group for row in rows)
    sys.stdout.write(f"{sum(counts.values())} messages in {len(counts)} languages, all well\n")


if __name__ == "__main__":
    main()
