"""What is cut from a message before it is read: HTML, quoted history, signatures, noise."""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError

from tradewind.nlp.fold import without_invisible

_HTML_LIMIT = 500_000
_ACTIVE = re.compile(
    r"<(script|style|head)\b[^<>]{0,2000}>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"])
_HISTORY = re.compile(
    r"""^[ \t]*(?:
        >.*
      | -{2,}[ \t]*(?:original\ message|ursprüngliche\ nachricht|message\ d'origine|
            mensaje\ original|
            mensagem\ original|messaggio\ originale|forwarded\ message|
            oorspronkelijk\ bericht|原始邮件|
            原始郵件|元のメッセージ|원본\ 메시지|исходное\ сообщение|wiadomość\ oryginalna).*
      | _{10,}[ \t]*
      | (?:on|am|le|el|il|em|op|dnia|den|в|le)[ ].{6,120}(?:wrote|schrieb.{0,80}|a\ écrit|escribió|
            ha\ scritto|escreveu|schreef.{0,80}|napisał\(?a?\)?|skrev.{0,80}|написал\(?а?\)?)[ ]?:
      | (?:在[ ]?)?\d{4}[年/-]\d{1,2}[月/-]\d{1,2}.{0,100}(?:写道|寫道|：|:)
      | .{0,80}님이\ 작성:
      | (?:from|von|de|da|van|od|от|发件人|寄件者|差出人|보낸\ 사람)[ ]?[:：].{0,120}@.{0,80}
    )[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_SIGNATURE = re.compile(
    r"^(?:--[ ]?|sent from my .{1,40}|von meinem .{1,30} gesendet|envoyé de mon .{1,30}|"
    r"enviado desde mi .{1,30}|enviado do meu .{1,30}|inviato da .{1,30}|verzonden vanaf .{1,30}|"
    r"发自我的.{1,30}|從我的.{1,30}傳送|iphoneから送信|나의 .{1,20}에서 보냄|"
    r"отправлено с .{1,30})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def html_to_text(html: str) -> str:
    """The words a reader of the HTML sees, without scripts, styles or invisible characters."""
    bare = without_invisible(_ACTIVE.sub(" ", html[:_HTML_LIMIT])).strip()
    if not bare:
        return ""
    try:
        text = get_text(bare, _CONFIG)
    except (
        LxmlError,
        ValueError,
        RecursionError,
    ):  # not parseable at all: keep what is between tags
        text = _TAG.sub(" ", bare)
    return _BLANK_LINES.sub("\n\n", text).strip()


def new_part(text: str) -> str:
    """The beginning of a message up to quoted history or a signature: a prefix, so offsets hold.

    A message that is nothing but quotation is given back whole.
    """
    ends = [match.start() for pattern in (_HISTORY, _SIGNATURE) if (match := pattern.search(text))]
    kept = text[: min(ends, default=len(text))].rstrip()
    return kept or text
