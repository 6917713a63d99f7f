"""What does not leave the house: whatever ``nlp.pii`` knows as personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tradewind.nlp.contract import NOTHING
from tradewind.nlp.phones import region_of
from tradewind.nlp.pii import Known, find

# Half a surrogate cannot be sent, control characters are no words; both are one code point.
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LOOKED_AT = 4
_EDGE = 400
"""Nothing that is masked is longer than this."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text fit to leave; ``cuts`` are (start, end) here and (start, end) in the given text."""

    text: str
    cuts: tuple[tuple[int, int, int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """The same words in the given text; None where they touch what was masked."""
        shift = 0
        for here, here_end, _, given_end in self.cuts:
            if here_end > start:
                if here < end:
                    return None
                break
            shift = given_end - here_end
        return start + shift, end + shift


def mask(text: str, *, site: str = "", known: Known = NOTHING) -> Masked:
    """The text with what tells who somebody is or how they pay taken out; order numbers stay."""
    text = _UNSENDABLE.sub(" ", text)
    parts: list[str] = []
    cuts: list[tuple[int, int, int, int]] = []
    done = length = 0
    for span in find(text, country=region_of(site) or "", known=known):
        name = f"[{span.kind}]"
        parts += [text[done : span.start], name]
        here = length + span.start - done
        length = here + len(name)
        cuts.append((here, length, span.start, span.end))
        done = span.end
    return Masked("".join([*parts, text[done:]]), tuple(cuts))


def mask_start(text: str, most: int, *, site: str = "", known: Known = NOTHING) -> Masked:
    """The masked text's first ``most`` characters.

    It is masked before it is cut: nobody knows half an address again. Where a text is too long
    to be looked at whole, the end of what was looked at may be such a half, and stays here.
    """
    looked = text[: _LOOKED_AT * most + _EDGE]
    masked = mask(looked, site=site, known=known)
    left = masked.text if len(looked) == len(text) else masked.text[:-_EDGE]
    return Masked(left[:most], masked.cuts)
