"""Readable text from the HTML some platforms put into messages.

One pass over the tags, because ``html.parser`` needs quadratic time on broken markup and
messages come from strangers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_TOKEN = re.compile(r"<[^<>]*>|[^<]+|<")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[\s/>]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "ul"})
_SILENT = frozenset({"script", "style", "head", "title", "template"})


def html_text(markup: str) -> str:
    """The text of a piece of HTML: breaks kept as new lines, scripts and styles left out."""
    if "<" not in markup and "&" not in markup:
        return markup
    text = html.unescape("".join(_pieces(markup)))
    lines: list[str] = []
    for line in (_SPACE.sub(" ", line).strip(" ") for line in text.split("\n")):
        # At most one empty line stands between two others.
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()


def _pieces(markup: str) -> Iterator[str]:
    silent = ""
    for token in _TOKEN.findall(markup):
        tag = _TAG.match(token)
        if silent:
            if tag and tag[1] and tag[2].lower() == silent:
                silent = ""
        elif tag:
            name = tag[2].lower()
            silent = name if name in _SILENT and not tag[1] else ""
            yield "\n" if name in _BREAKS else ""
        elif not token.startswith(("<!", "<?")):
            yield _SPACE.sub(" ", token)
