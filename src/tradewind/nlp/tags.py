"""Language tags (BCP 47) as far as reading needs them: the language, and the script if told."""

from __future__ import annotations

_SAME = {"no": "nb", "nn": "nb", "tl": "fil", "iw": "he", "in": "id", "yue": "zh-Hant"}
_TRADITIONAL = frozenset({"zh-TW", "zh-HK", "zh-MO"})
_SCRIPT_LETTERS = 4


def bare(tag: str) -> str:
    """The tag without its region, one name per language: ``de-AT`` is ``de``, ``zh-HK`` zh-Hant."""
    if tag[:5] in _TRADITIONAL:
        return "zh-Hant"
    language, *rest = tag.split("-")
    script = next((part for part in rest if len(part) == _SCRIPT_LETTERS), "")
    language = _SAME.get(language, language)
    if language == "zh":
        return f"zh-{script or 'Hans'}"
    return f"{language}-{script}" if script else language
