"""Which writing a message is in, and what the writing alone says of its language."""

from __future__ import annotations

import re

from tradewind.nlp.hanzi import HANS_ONLY, HANT_ONLY

_BLOCKS = (
    ("kana", "\u3041-\u30ff\uff66-\uff9d"),
    ("hangul", "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"),
    ("han", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"),
    ("thai", "\u0e01-\u0e4e"),
    ("hebrew", "\u05d0-\u05ea"),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("devanagari", "\u0900-\u0963\u0966-\u097f"),
    ("arabic", "\u0620-\u063f\u0641-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc"),
    ("cyrillic", "\u0400-\u052f"),
    ("latin", "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"),
    ("bengali", "\u0980-\u09ff"),
    ("tamil", "\u0b80-\u0bff"),
    ("telugu", "\u0c00-\u0c7f"),
    ("georgian", "\u10a0-\u10ff"),
    ("armenian", "\u0530-\u058f"),
    ("khmer", "\u1780-\u17ff"),
    ("lao", "\u0e80-\u0eff"),
    ("burmese", "\u1000-\u109f"),
)
_FINDERS = tuple((name, re.compile(f"[{chars}]")) for name, chars in _BLOCKS)
_OTHER = " "
_MARK_OF = {name: chr(ord("a") + n) for n, (name, _) in enumerate(_BLOCKS)}
_NAME_OF = {mark: name for name, mark in _MARK_OF.items()}
ONE_LANGUAGE = {
    "hangul": "ko", "thai": "th", "hebrew": "he", "greek": "el", "bengali": "bn", "tamil": "ta",
    "telugu": "te", "georgian": "ka", "armenian": "hy", "khmer": "km", "lao": "lo", "burmese": "my",
}  # fmt: skip
_WEIGHT = {"han": 3, "kana": 3, "hangul": 2}
_SAMPLE = 600

_BRAZIL = re.compile(
    r"\b(?:vocês?|oi|cadê|pra|pro|tô|tá|né|rastreio|rastreamento|estorno|boleto|pix|frete|celular|"
    r"reais|r\$|cpf|cep|nota fiscal|gostaria|caminhão|ônibus|tela|beleza|obrigad[oa]s?,? viu|"
    r"reclame aqui|procon|blz|vcs?|a gente|correios|cartão de crédito|parcelas?)\b",
)
_PORTUGAL = re.compile(
    r"\b(?:encomenda|telemóvel|vossa?s?|fatura|ecrã|autocarro|convosco|estafeta|portes|"
    r"mbway|mb way|"
    r"ctt|nif|contribuinte|livro de reclamações|deco|estou a \w+|está a \w+|estão a \w+|"
    r"cumprimentos|"
    r"receção|contacto|facto|reembolsado|levantamento|multibanco)\b",
)
_MEXICO = re.compile(
    r"\b(?:ahorita|profeco|mercado pago mx|paquetería|órale|güey|wey|neta|platicar|chafa|estafeta|"
    r"pesos mexicanos|mxn|rfc|ocupo|no manches|cdmx|qué onda|mande)\b",
)


class _ScriptTable(dict[int, str]):
    """The mark of each code point's script, looked for the first time it is seen."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        found = (_MARK_OF[name] for name, finder in _FINDERS if finder.match(char))
        self[code] = mark = next(found, _OTHER)
        return mark


_SCRIPTS = _ScriptTable()


def count_scripts(text: str) -> dict[str, int]:
    """How much of the beginning of the text is in each script, ideographs counted as words.

    Text of ASCII alone counts as Latin without being counted.
    """
    sample = text[:_SAMPLE]
    if sample.isascii():
        return {"latin": len(sample)}
    marks = sample.translate(_SCRIPTS)
    return {
        name: marks.count(mark) * _WEIGHT.get(name, 1)
        for mark in sorted(set(marks) - {_OTHER})
        for name in (_NAME_OF[mark],)
    }


def chinese_script(text: str, *, site: str) -> str:
    """``zh-Hans`` or ``zh-Hant`` by the characters only one of them has, else by the site."""
    chars = set(text[:_SAMPLE])
    simplified, traditional = len(chars & HANS_ONLY), len(chars & HANT_ONLY)
    if simplified == traditional:
        return "zh-Hant" if site in {"tw", "hk", "mo"} else "zh-Hans"
    return "zh-Hans" if simplified > traditional else "zh-Hant"


def arabic_language(text: str) -> str:
    """``fa``, ``ur`` or ``ar`` by the letters Arabic does not have."""
    sample = set(text[:_SAMPLE])
    if sample & set("ٹڈڑےںھ"):
        return "ur"
    return "fa" if sample & set("پچژگکی") else "ar"


def cyrillic_language(text: str) -> str | None:
    """The Cyrillic language whose own letters occur, or None when only shared letters do."""
    sample = set(text[:_SAMPLE].lower())
    if sample & set("ѓќѕ"):
        return "mk"
    if sample & set("ђћ"):
        return "sr"
    if sample & set("јљњџ"):
        return "mk" if re.search(r"\b(?:каде|мојата|мојот|сум|нарачк\w*|пари)\b", text) else "sr"
    if "ў" in sample:
        return "be"
    if sample & set("іїєґ"):
        return "uk"
    if sample & set("ыэё"):
        return "ru"
    return None


def with_region(language: str, text: str, *, site: str) -> str:
    """The language with its region where the text itself shows one."""
    lower = text[:2000].lower()
    if language == "pt":
        brazil, portugal = len(_BRAZIL.findall(lower)), len(_PORTUGAL.findall(lower))
        if brazil != portugal:
            return "pt-BR" if brazil > portugal else "pt-PT"
        return {"br": "pt-BR", "pt": "pt-PT"}.get(site, "pt")
    if language == "es" and _MEXICO.search(lower):
        return "es-MX"
    return language
