"""The check before a reply leaves: what the platform forbids stops it, what looks odd is asked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tradewind.channels.contract import Account
from tradewind.channels.sending import NoSender, sender_for, takes_files
from tradewind.nlp.language import identify_one

_RULES = Path(__file__).parent / "policies.toml"
_FORBIDDEN = {
    "link": re.compile(r"(?i)\b(?:https?://|www\.)\S+"),
    "email": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    "phone": re.compile(r"(?<![\w#-])\+\d[\d\s().-]{7,}\d"),
    "review_request": re.compile(
        r"(?i)\b(?:leave|write|change|remove|update) (?:us )?(?:a |your |the )?"
        r"(?:positive |good |5[- ]star |five[- ]star )?(?:review|rating|feedback)\b|好评|五星"
    ),
}
_SLOT = re.compile(r"\{\{?\s*\w+\s*\}?\}")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){15}\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a reply; ``stops`` means that it may not be sent like this."""

    code: str
    text: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What was found, and how much room the channel gives."""

    findings: list[Finding] = field(default_factory=list)
    max_chars: int | None = None
    passed: int = 0

    @property
    def stops(self) -> list[Finding]:
        """What forbids sending."""
        return [f for f in self.findings if f.stops]


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(_RULES.read_text(encoding="utf-8"))


def rules_of(platform: str) -> dict[str, Any]:
    """The rules of a platform; one without any forbids nothing."""
    return dict(_rules().get(platform, {}))


def check(
    text: str,
    *,
    account: Account,
    platform: str,
    language: str,
    context: Mapping[str, Any] | None = None,
    file_sizes: Sequence[int] = (),
) -> Check:
    """Judge a reply to a buyer who writes ``language`` on this platform.

    ``context`` is what the channel told of the conversation (its ``reply_context``), ``file_sizes``
    the bytes of each file that goes along.
    """
    rules = rules_of(platform)
    max_chars = rules.get("max_chars")
    findings = [*_length(text, max_chars), *_forbidden(text, rules), *_slips(text)]
    findings += _wrong_language(text, language)
    findings += _files(file_sizes, platform, rules)
    findings += _no_way_out(account, context or {})
    return Check(findings, max_chars, passed=max(0, 7 - len(findings)))


def _length(text: str, max_chars: int | None) -> list[Finding]:
    if max_chars is None or len(text) <= max_chars:
        return []
    said = _("%(got)d characters; this platform takes at most %(limit)d") % {
        "got": len(text),
        "limit": max_chars,
    }
    return [Finding("length", said, stops=True)]


def _forbidden(text: str, rules: dict[str, Any]) -> list[Finding]:
    said = {
        "link": _("this platform forbids links: %s"),
        "email": _("this platform forbids mail addresses: %s"),
        "phone": _("this platform forbids telephone numbers: %s"),
        "review_request": _("this platform forbids asking for reviews: %s"),
    }
    found = [(name, _FORBIDDEN[name].search(text)) for name in rules.get("forbids", ())]
    return [Finding(name, said[name] % m.group()[:60], stops=True) for name, m in found if m]


def _slips(text: str) -> list[Finding]:
    findings = []
    if slot := _SLOT.search(text):
        findings.append(Finding("slot", _("%s has not been filled in") % slot.group(), stops=True))
    if _CARD.search(text):
        findings.append(Finding("card", _("this looks like a card number"), stops=False))
    return findings


def _wrong_language(text: str, language: str) -> list[Finding]:
    if not language or len(text) < 24:
        return []
    written = identify_one(text)
    if not written or written.split("-")[0] == language.split("-")[0] or written == "und":
        return []
    said = _("written in %(got)s, the buyer writes %(wanted)s") % {
        "got": written,
        "wanted": language,
    }
    return [Finding("language", said, stops=False)]


def _files(sizes: Sequence[int], platform: str, rules: dict[str, Any]) -> list[Finding]:
    if not sizes:
        return []
    if not takes_files(platform):
        said = _("files cannot be sent on this platform yet: take them out or answer by mail")
        return [Finding("files", said, stops=True)]
    limit = rules.get("max_attachment_mb")
    if limit is None or sum(sizes) <= limit * 2**20:
        return []
    said = _("the files have %(got).1f MB; at most %(limit)d MB go with one message") % {
        "got": sum(sizes) / 2**20,
        "limit": limit,
    }
    return [Finding("files", said, stops=True)]


def _no_way_out(account: Account, context: Mapping[str, Any]) -> list[Finding]:
    if context.get("can_reply") is False:
        said = _("the platform lets nobody answer here: the buyer has blocked or left the chat")
        return [Finding("blocked", said, stops=True)]
    try:
        sender_for(account)
    except NoSender as error:
        return [Finding("channel", str(error), stops=True)]
    return []
