"""Which texts go through a network together."""

from __future__ import annotations

import random
from collections.abc import Sequence

_POOL = 24


def alike(lengths: Sequence[int], size: int, chance: random.Random) -> list[list[int]]:
    """The numbers of all texts in batches of like length, in an order of chance."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    pool = size * _POOL
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        part = sorted(order[start : start + pool], key=lambda n: lengths[n])
        batches += [part[n : n + size] for n in range(0, len(part), size)]
    chance.shuffle(batches)
    return batches
