"""HTML of strangers made safe to show, and its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from tradewind.nlp.quoting import CITE, CLOSE, MARKS, OPEN, REST

_LONGEST = 2_000_000
_LONGEST_TEXT = 400_000
_DEEPEST = 2_000
_MOST_LAID_OUT = 150

_TAGS = {
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q",
    "ruby", "rp", "rt", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "wbr",
}  # fmt: skip
_DROPPED = {
    "script", "style", "template", "title", "iframe", "object", "embed", "noscript", "svg", "math",
    "select", "textarea", "button", "noembed", "noframes", "xmp",
}  # fmt: skip
_SIZES = {"width", "height"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "style"},
    "a": {"href"},
    "img": {"src", "alt", *_SIZES},
    "td": {"colspan", "rowspan", "align", "valign", *_SIZES},
    "th": {"colspan", "rowspan", "align", "valign", *_SIZES},
    "table": {"width", "align", "border", "cellpadding", "cellspacing"},
    "tr": {"align", "valign"}, "div": {"align"}, "p": {"align"}, "font": {"color"},
    "ol": {"start", "type"}, "li": {"value"}, "col": {"span", "width"},
}  # fmt: skip
# Nothing that takes a URL, leaves the box (position, negative margins) or covers the screen.
_STYLES = {
    "color", "background-color", "font-weight", "font-style", "text-decoration", "text-align",
    "vertical-align", "white-space", "direction", "unicode-bidi", "list-style-type", "display",
    "border-collapse",
}  # fmt: skip
_LINKS = re.compile(r"(?i)\s*(?:https?://|mailto:|tel:)[^\s]")
_IMAGES = re.compile(r"(?i)\s*(?:https?:)?//[^\s]|cid:[^\s]")
_PLAIN_STYLE = re.compile(r"[\s\w-]+:[^()\\<>@]*(?:(?:rgb|hsl)a?\([\d\s.,%/deg]*\))?[^()\\<>@]*")
_NUMBER = re.compile(r"\d{1,4}%?")
_IMG = re.compile(r'<img((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'\s+([a-z-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """HTML that can be put on a page. ``blocked_images`` are remote ones turned off.

    Their address stands in ``data-src``; images of the mail itself carry ``data-cid``.
    """

    html: str
    blocked_images: int = 0


def safe_html(html: str) -> SafeHtml:
    """The HTML with everything taken out that runs, loads, escapes its box or deceives."""
    cut = html[:_LONGEST]
    if _depth(cut) > _DEEPEST:
        return SafeHtml(f"<pre>{escape(_untagged(cut))}</pre>")
    cleaned = _CLEANER.clean(cut)
    blocked = 0

    def turned_off(hit: re.Match[str]) -> str:
        nonlocal blocked
        attributes = dict(_ATTRIBUTE.findall(hit[1]))
        source = attributes.pop("src", "").strip()
        if source[:4].lower() == "cid:":
            attributes["data-cid"] = source[4:]
        elif not source or _is_pixel(attributes):
            return ""
        else:
            blocked += 1
            attributes["data-src"] = f"https:{source}" if source[:2] == "//" else source
        inner = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        return f"<img {inner}>"

    return SafeHtml(_IMG.sub(turned_off, cleaned), blocked)


def _depth(html: str) -> int:
    """About how deep the tags are nested; the sanitiser takes quadratic time in it."""
    if html.count("<") < _DEEPEST:
        return 0
    deepest = depth = 0
    for closing in _NESTING.findall(html):
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _is_pixel(attributes: dict[str, str]) -> bool:
    """Whether an image is a tracking pixel: never shown, so never offered."""
    return any(attributes.get(side) in {"0", "1"} for side in _SIZES)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value.strip() if _LINKS.match(value) else None
    if name == "src":
        return value.strip() if _IMAGES.match(value) else None
    if name == "style":
        return ";".join(one for one in value.split(";") if _PLAIN_STYLE.fullmatch(one)) or None
    if name in _SIZES:
        return value if _NUMBER.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    filter_style_properties=_STYLES,
    strip_comments=True,
)

_NESTING = re.compile(r"(?i)<(/?)(?!(?:br|hr|img|p|li|td|tr|th|meta|link|input|col|wbr)\b)[a-z]")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_UNSEEN = re.compile(r"(?is)<(style|script|title|template|noscript)\b.*?(?:</\1\s*>|$)")
_TAG = re.compile(r"<[^<>]*>")
_BLOCKQUOTE = re.compile(r"(?i)<(/?)blockquote\b[^<>]*>")
_CITE = re.compile(
    r"(?i)<div[^<>]*class\s*=\s*[\"']?[^\"'<>]*\b(?:gmail_quote|gmail_attr|moz-cite-prefix"
    r"|yahoo_quoted_begin|protonmail_quote)\b[^<>]*>"
)
_REST = re.compile(
    r"(?i)<(?:div|hr|table|a|p|span)\b[^<>]*(?:"
    r"id\s*=\s*[\"']?(?:x_)?(?:divRplyFwdMsg|appendonsend|stopSpelling|yahoo_quoted_\w*|mail-editor-reference"
    r"|OLK_SRC_BODY_SECTION|ntes-pcmac-signature-quote|zwmQuote)"
    r"|class\s*=\s*[\"']?[^\"'<>]*\b(?:yahoo_quoted|OutlookMessageHeader|zmail_extra|WordSection_quote"
    r"|ntes_mailbody_quote|qqmail_quote)\b"
    r"|border-top:\s*solid #(?:B5C4DF|E1E1E1) 1\.0pt;\s*padding:\s*3\.0pt 0)[^<>]*>"
)
_HIDDEN = re.compile(
    r"(?i)<(div|span|p|td)\b[^<>]{0,500}display:\s?none[^<>]{0,500}>[^<>]{0,2000}</\1>"
)
_BREAK = re.compile(
    r"(?i)<(?:br|/?p|/?div|/tr|/?table|/?ul|/?ol|/?h[1-6]|hr|/?blockquote)\b[^<>]*>"
)
_ITEM = re.compile(r"(?i)<li\b[^<>]*>")
_CELL = re.compile(r"(?i)</t[dh]\b[^<>]*>")
_PLAIN = ParserConfig(css=CSS_PROFILES["strict"], display_links=False, display_images=False)


def html_to_text(html: str, *, marks: bool = False) -> str:
    """The text of HTML (at most 400,000 characters); with ``marks`` quotes can be stripped.

    Never raises: what the layout engine cannot take is read by dropping the tags.
    """
    cut = html[:_LONGEST].translate(dict.fromkeys(map(ord, MARKS)))
    cut = _UNSEEN.sub(" ", _COMMENT.sub(" ", cut))
    marked = _marked(cut) if marks else cut
    if not _TAG.sub(" ", cut).strip():
        return ""
    text = _laid_out(marked).strip()
    return (text or _untagged(cut).strip())[:_LONGEST_TEXT]


def _laid_out(html: str) -> str:
    """Small HTML with its tables as columns; large HTML, whose layout takes long, line by line."""
    if html.count("<") > _MOST_LAID_OUT:
        return _untagged(html)
    try:
        return str(get_text(html, _PLAIN))
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError):
        return _untagged(html)


def _untagged(html: str) -> str:
    text = _HIDDEN.sub(" ", " ".join(html.split()))
    text = _CELL.sub("  ", _ITEM.sub("\n* ", _BREAK.sub("\n", text)))
    lines = unescape(_TAG.sub("", text)).split("\n")
    return "\n".join(line.strip() for line in lines)


def _marked(html: str) -> str:
    """HTML with a line of its own where a quote begins and ends."""

    def framed(hit: re.Match[str]) -> str:
        return f"<div>{CLOSE}</div>{hit[0]}" if hit[1] else f"{hit[0]}<div>{OPEN}</div>"

    html = _CITE.sub(lambda hit: f"{hit[0]}<div>{CITE}</div>", html)
    html = _REST.sub(lambda hit: f"<div>{REST}</div>{hit[0]}", html)
    return _BLOCKQUOTE.sub(framed, html)
