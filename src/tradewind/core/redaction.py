"""What must not reach a log: secrets by their name, secrets and personal data by their look."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
DEEPEST = 6

_SECRET_NAME = re.compile(
    r"(?i)pass(word|wd|phrase)?$|secret|token|api_?key|access_?key|authori[sz]ation|cookie|"
    r"session_?id|signature|private|credential|database_(app_)?url|otp|^key$"
)
_PERSONAL_NAME = re.compile(
    r"(?i)^(body|text|html|subject|snippet|address\d?|street|phone|email|mail_from|to_addr|"
    r"first_name|last_name|full_name|buyer_name)$"
)
# What holds a secret whole goes before the patterns that would halve it. Edges are ASCII letters,
# not \w: in Chinese a number follows its word without a gap.
_LOOKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[\w\-.~+/]{8,}=*"), r"\1 " + HIDDEN),
    (re.compile(r"(?i)(\bauthorization['\"]?\s*[:=]\s*['\"]?)[^\s,'\"]+"), r"\1" + HIDDEN),
    (re.compile(r"/bot\d{4,}:[\w-]{10,}"), "/bot" + HIDDEN),
    (re.compile(r"\b\d{6,12}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@:]*:[^\s/@]+@"), r"\1" + HIDDEN + "@"),
    (
        re.compile(
            r"(?i)\b((?:[\w-]{0,30}(?:token|secret|password|passwd|signature|api_?key)|sig|key|"
            r"hmac|code|state)=)[^\s&;,'\"]+"
        ),
        r"\1" + HIDDEN,
    ),
    (re.compile(r"\b(?:shp(?:at|ca|pa|ss)_|xox[abp]-|sk-|tw_)[\w-]{8,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    (re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[mail]"),
    (re.compile(r"(?<![A-Za-z0-9_.])\+\d[\d ().-]{6,18}\d"), "[phone]"),
    (
        re.compile(
            r"(?<![A-Za-z0-9_.-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![A-Za-z0-9_-])"
        ),
        "[phone]",
    ),
    (re.compile(r"(?<![A-Za-z0-9_.-])1[3-9]\d{9}(?![A-Za-z0-9_-])"), "[phone]"),
    (re.compile(r"(?<![A-Za-z0-9_.-])(?:\d{4}[ -]){3}\d{1,7}(?![A-Za-z0-9_-])"), "[card]"),
)


def redact_text(text: str) -> str:
    """Give the text with what looks like a secret, a mail address or a phone taken out."""
    for look, instead in _LOOKS:
        text = look.sub(instead, text)
    return text


def redact(value: Any, *, depth: int = 0) -> Any:
    """Give the value fit for a log: texts redacted, secrets left out by the names of members."""
    if isinstance(value, str):
        return redact_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(k): redact_member(str(k), v, depth=depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(each, depth=depth + 1) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return redact_text(str(value))


def redact_member(name: str, value: Any, *, depth: int = 0) -> Any:
    """Give the value of the named member fit for a log."""
    if value in (None, "", 0) or isinstance(value, bool):
        return value
    if _SECRET_NAME.search(name) or _PERSONAL_NAME.search(name):
        return HIDDEN
    return redact(value, depth=depth)
