"""What does not leave the house: mail addresses, phone, card and account numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tradewind.nlp.entities import find_entities

# Letters of scripts that part words by spaces: in Chinese an address follows its word without one.
_LETTER = "0-9A-Za-zÀ-ɏͰ-ϿЀ-ԯ"


def _is_card(written: str) -> bool:
    """Luhn's sum, which every payment card's number holds to."""
    digits = [int(letter) for letter in written if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_iban(written: str) -> bool:
    """ISO 13616: turned round and with letters as numbers it leaves 1 by 97."""
    written = written.replace(" ", "")
    turned = written[4:] + written[:4]
    return 15 <= len(written) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


_LOOKS: tuple[tuple[str, re.Pattern[str], Callable[[str], object]], ...] = (
    (
        "[mail]",
        re.compile(
            rf"[{_LETTER}._%+'-]{{1,64}}@[{_LETTER}-]{{1,63}}(?:\.[{_LETTER}-]{{1,63}}){{1,8}}"
        ),
        bool,
    ),
    ("[phone]", re.compile(r"(?<![A-Za-z0-9_.])\+\d[\d ().-]{6,18}\d"), bool),
    ("[phone]", re.compile(r"(?<![A-Za-z0-9_.-])1[3-9]\d{9}(?![A-Za-z0-9_-])"), bool),
    (
        "[phone]",
        re.compile(
            r"(?<![A-Za-z0-9_.-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![A-Za-z0-9_-])"
        ),
        bool,
    ),
    (
        "[card]",
        re.compile(r"(?<![A-Za-z0-9_-])[2-6](?:[ -]?\d){12,18}(?![A-Za-z0-9_-])"),
        _is_card,
    ),
    (
        "[account]",
        re.compile(
            r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?"
            r"(?![A-Za-z0-9])"
        ),
        _is_iban,
    ),
)
# Half a surrogate cannot be sent, control characters are no words; both are one code point.
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Place = tuple[int, int, str]
_KINDS = {"email": "[mail]", "phone": "[phone]"}


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


def mask(text: str, *, site: str = "") -> Masked:
    """The text with what tells who somebody is or how they pay taken out; order numbers stay."""
    text = _UNSENDABLE.sub(" ", text)
    parts: list[str] = []
    cuts: list[tuple[int, int, int, int]] = []
    done = length = 0
    found = list(_by_look(text))
    found += _by_kind(text, found, site=site)
    for start, end, name in _merged(sorted(found)):
        parts += [text[done:start], name]
        here = length + start - done
        length = here + len(name)
        cuts.append((here, length, start, end))
        done = end
    return Masked("".join([*parts, text[done:]]), tuple(cuts))


def _by_look(text: str) -> Iterator[Place]:
    for name, look, is_it in _LOOKS:
        for match in look.finditer(text):
            if is_it(match[0]):
                yield *match.span(), name


def _by_kind(text: str, found: list[Place], *, site: str) -> list[Place]:
    """Phones by their numbering plan, and mail addresses in scripts the looks do not know."""
    return [
        (entity.start, entity.end, _KINDS[entity.kind])
        for entity in find_entities(text, site=site)
        if entity.kind == "phone"
        or (
            entity.kind == "email"
            and not any(s < entity.end and entity.start < e for s, e, _ in found)
        )
    ]


def _merged(found: list[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end, name in found:
        if merged and start < merged[-1][1]:
            first, last, first_name = merged[-1]
            merged[-1] = (first, max(last, end), first_name)
        else:
            merged.append((start, end, name))
    return merged
