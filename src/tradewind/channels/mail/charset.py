"""Text out of bytes of any charset, named rightly, wrongly or not at all."""

from __future__ import annotations

import binascii
import codecs
import re

# What the name on a mail says → what its bytes are in practice: senders label a superset with
# the subset's name (WHATWG Encoding Standard, table of labels).
_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "chinese": "gb18030", "hz": "hz", "cn-gb": "gb18030", "gb2312_charset": "gb18030",
    "us-ascii": "utf-8", "ascii": "utf-8", "ansi_x3.4-1968": "utf-8", "7bit": "utf-8",
    "8bit": "utf-8", "unknown-8bit": "utf-8", "utf8": "utf-8", "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8", "iso-8859-1": "cp1252", "latin1": "cp1252", "l1": "cp1252",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-6-i": "iso-8859-6",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "ms932": "cp932",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "ksc5601": "cp949",
    "big5": "big5hkscs", "big5-eten": "big5hkscs", "x-x-big5": "big5hkscs",
    "koi8": "koi8-r", "cp-850": "cp850", "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "utf-16": "utf-16", "unicode": "utf-16",
}  # fmt: skip

# Codecs of Python's that change bytes to bytes or compress: never for text of a stranger.
_NOT_TEXT = re.compile(r"(?i)^(?:base64|bz2|hex|quopri|rot[_-]?13|uu|zip|zlib|bz2|idna|punycode"
                       r"|unicode[_-]escape|raw[_-]unicode[_-]escape"
                       r"|mbcs|oem|undefined)")  # fmt: skip
_DOUBLE_BYTE = {"gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "euc-jp", "johab"}
_ESCAPING = {"iso2022_kr", "iso-2022-kr", "iso-2022-cn", "iso-2022-jp-2", "iso-2022-jp-3", "hz"}
_CONTROL = dict.fromkeys([*range(9), 0x0B, *range(0x0E, 0x20), 0x7F, 0xFFFE, 0xFFFF])
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_Q_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("gb18030", re.compile("[\u4e00-\u9fff\u3002\uff0c]")),
    ("cp1251", re.compile("[\u0400-\u045f]")),
)


def codec_of(charset: str) -> str | None:
    """The Python codec to read a charset's text with; None when the name is unknown."""
    name = charset.strip().strip("\"'").lower().partition("*")[0].replace(" ", "")
    name = _WIDER.get(name, name)
    if not name or _NOT_TEXT.match(name):
        return None
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return name


def decode(data: bytes, charset: str = "") -> tuple[str, str]:
    """The text of bytes and a sentence on what was wrong (empty when nothing was).

    Order: the declared charset, UTF-8, the declared one with gaps, a guess by script. Bytes
    that can only be UTF-8 or ISO-2022-JP are read as such whatever is declared.
    """
    codec = codec_of(charset) if charset else "utf-8"
    evident = _evident(data, codec)
    for tried in (evident, codec, "utf-8"):
        if tried and (text := _strict(data, tried)) is not None:
            is_right = tried == codec or not charset
            return clean(text), "" if is_right else _misnamed(charset, tried)
    if codec not in (None, "utf-8"):
        return clean(data.decode(str(codec), "replace")), f"Some bytes are no {charset} text."
    guessed = guess(data)
    named = f"charset {charset!r}" if charset else "a mail without charset"
    return clean(data.decode(guessed, "replace")), f"Bytes of {named} were read as {guessed}."


def _misnamed(charset: str, codec: str) -> str:
    return f"The mail says its text is {charset!r}; it was read as {codec}."


def _evident(data: bytes, codec: str | None) -> str | None:
    """The codec that the bytes themselves tell; None when they could be several."""
    if data.isascii():
        is_japanese = b"\x1b$" in data and codec != "iso2022_jp_ext" and codec not in _ESCAPING
        return "iso2022_jp_ext" if is_japanese else None
    if codec in (None, "utf-8", "utf-16", "utf-32") or (text := _strict(data, "utf-8")) is None:
        return None
    if codec not in _DOUBLE_BYTE:
        return "utf-8"
    # Two bytes of UTF-8 may be one Chinese or Korean character; three by three they are not.
    beyond = [char for char in text if char > "\x7f"]
    return "utf-8" if len(beyond) > 1 and all(char > "\u07ff" for char in beyond) else None


def guess(data: bytes) -> str:
    """The likeliest codec of 8-bit bytes that are no UTF-8."""
    sample = data[:20_000]
    if b"\x1b$" in sample:
        return "iso2022_jp_ext"
    high = sum(byte > 0x7F for byte in sample) or 1
    latin = sum(0x41 <= byte & 0xDF <= 0x5A for byte in sample if byte < 0x80)
    for codec, script in _SCRIPTS:
        text = _strict(sample, codec) or ""
        # Two bytes make one Chinese character, one byte one Cyrillic letter.
        explained = len(script.findall(text)) * (2 if codec == "gb18030" else 1)
        # A Cyrillic text is Cyrillic throughout; single high bytes are accents.
        if 0.7 * high < explained <= 1.3 * high and (codec != "cp1251" or high > latin):
            return codec
    return "cp1252"


def clean(text: str) -> str:
    r"""Text without NUL, other control characters and lone surrogates; line ends are ``\\n``."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    return text.encode("utf-8", "replace").decode() if _has_surrogate(text) else text


def decode_header(raw: bytes | str) -> str:
    """A header's value with encoded words (RFC 2047) read, folds removed, on one line."""
    text = raw if isinstance(raw, str) else decode(raw)[0]
    if "=?" in text:
        text = _BETWEEN_WORDS.sub(r"\1", text)
        text = _join_words(text)
    return " ".join(clean(text).split())


def _join_words(text: str) -> str:
    """Neighbouring words of one charset are decoded together: some senders cut characters."""
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _WORD.finditer(text):
        if word.start() > end or (pending and word[1].lower() != charset):
            out.append(decode(pending, charset)[0])
            pending = b""
            out.append(text[end : word.start()])
        charset, end = word[1].lower(), word.end()
        pending += _word_bytes(word[2], word[3])
    out += [decode(pending, charset)[0], text[end:]]
    return "".join(out)


def _word_bytes(kind: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if kind in "bB":
        return unbase64(raw)
    return _Q_HEX.sub(lambda hit: bytes([int(hit[1], 16)]), raw.replace(b"_", b" "))


def unbase64(raw: bytes) -> bytes:
    """Bytes of base64 text; broken padding and stray characters give what can be read."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
