"""What is cut from a message before it is read: quoted history, signatures, small print."""

from __future__ import annotations

from itertools import accumulate

from tradewind.nlp.quoting import ending_start, history_start

_LONGEST = 100_000


def new_part(text: str) -> str:
    """The beginning of a message up to quoted history or a signature: a prefix, so offsets hold.

    A message that is nothing but quotation is given back whole. Answers between quoted lines are
    no prefix: mails are sorted line by line at arrival (``channels.mail.strip``), this is for what
    came some other way.
    """
    lines = text[:_LONGEST].split("\n")
    if len(lines) == 1:
        return text
    new = lines[: history_start(lines)]
    count = ending_start(new)
    ends = [0, *accumulate(len(line) + 1 for line in new[:count])]
    if count == len(lines):
        return text
    kept = text[: ends[count]].rstrip()
    return kept or text
