"""Which words made the encoder choose a label."""

from __future__ import annotations

import numpy as np

from tradewind.nlp.encoder.network import Floats

_ENOUGH = 0.6
_MOST = 3
_LONG = 60


def telling_spans(text: str, spans: list[tuple[int, int]], shares: Floats) -> list[tuple[int, int]]:
    """The places of the text that gave most of a label's score, in order, at most three.

    ``shares`` holds what each piece gave. Whole words are shown where the script has them.
    """
    words = _words(text, spans)
    totals = [float(shares[pieces].sum()) for pieces, _ in words]
    wanted = _ENOUGH * sum(total for total in totals if total > 0)
    chosen: list[tuple[int, int]] = []
    for n in sorted(range(len(words)), key=lambda n: -totals[n])[:_MOST]:
        if totals[n] <= 0 or wanted <= 0:
            break
        chosen.append(words[n][1])
        wanted -= totals[n]
    return _joined(text, sorted(chosen))


def _words(text: str, spans: list[tuple[int, int]]) -> list[tuple[list[int], tuple[int, int]]]:
    """The pieces of each word and the word's span, spaces around it left off."""
    words: list[tuple[list[int], tuple[int, int]]] = []
    for n, (start, end) in enumerate(spans):
        bare = text[start:end].strip()
        if not any(map(str.isalnum, bare)):
            continue
        start += text[start:end].index(bare)
        end = start + len(bare)
        goes_on = words and words[-1][1][1] == start and _is_spaced(bare[0])
        if goes_on and end - words[-1][1][0] <= _LONG:
            pieces, (first, _) = words[-1]
            words[-1] = ([*pieces, n], (first, end))
        else:
            words.append(([n], (start, end)))
    return words


def _is_spaced(character: str) -> bool:
    """Whether the script puts spaces between words: not Han, Kana or Thai."""
    code = ord(character)
    return not (0x0E00 <= code <= 0x0EFF or 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF)


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def centred(shares: Floats) -> Floats:
    """Shares of one field's labels less what speaks for all of them alike."""
    result: Floats = shares - shares.mean(axis=1, keepdims=True)
    return np.ascontiguousarray(result)
