"""The phrases of ``phrases.toml`` as patterns."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files

_DATA = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))


def _any(words: Iterable[str]) -> str:
    # Spaces in a mail may be no-break spaces (French puts one before the colon).
    longest_first = sorted(set(words), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in longest_first)


def _attribution(pairs: Iterable[list[str]]) -> str:
    forms = []
    for begin, end in pairs:
        tail = re.escape(end).replace(r"\ ", r"\s").replace(":", r"\s?[:：]")
        # A phrase that does not end the line ("schrieb Anna:") is followed by a short name.
        tail = tail if end.endswith((":", "：")) else rf"{tail}.{{0,120}}[:：]"
        forms.append(rf"{re.escape(begin).replace(chr(92) + ' ', chr(92) + 's')}.{{1,400}}?{tail}")
    return "|".join(forms)


_DASHES = r"[-–—_=*#\s]"
_RELAY: Mapping[str, list[str]] = _DATA["relay"]
_LABELS: Mapping[str, list[str]] = _DATA["labels"]
_SENT, _NAME = _any(_DATA["device"]["before"]), _any(_DATA["device"]["name"])
_SENT_BEHIND = _any(_DATA["device"]["after"])

ATTRIBUTION = re.compile(_attribution(_DATA["attribution"]))
SEPARATOR = re.compile(
    rf"(?i)(?:[-–—_=*]{_DASHES}+|)(?:{_any(_DATA['separator'])})(?:\s?[:：]|{_DASHES}*[-–—_=*])"
)
LABEL = re.compile(
    r"[*\s|]*(?:"
    + "|".join(f"(?P<{group}>{_any(words)})" for group, words in _LABELS.items())
    + r")[*\s|]*[:：|]",
    re.IGNORECASE,
)
DEVICE = re.compile(
    rf"(?i)\W*(?:(?:{_SENT})\s?.{{0,50}}?(?:{_NAME}).{{0,40}}"
    rf"|.{{0,20}}(?:{_NAME}).{{0,30}}?(?:{_SENT_BEHIND})\W*)"
)
FOOTER = re.compile(rf"(?i)[\W_]{{0,12}}(?:{_any(_DATA['footer']['begin'])})")
RELAY_BEGIN = re.compile(
    rf"(?i)\s*[-–—=_*]{{3,}}\s*(?:{_any(_RELAY['begin'])})\s*:?\s*[-–—=_*]{{3,}}\s*"
)
RELAY_END = re.compile(
    rf"(?i)\s*[-–—=_*]{{3,}}\s*(?:{_any(_RELAY['end'])})\s*:?\s*[-–—=_*]{{3,}}\s*"
)
ABOVE = re.compile(rf"(?i).{{0,30}}(?:{_any(_RELAY['above'])})")
SUBJECT_PREFIX = re.compile(
    rf"(?i)\s*(?:(?:{_any(_DATA['subject_prefix'])})\s*(?:\[\d+\]|\(\d+\)|\d{{1,2}})?\s*[:：]\s*)+"
)
