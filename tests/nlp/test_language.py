"""Which language short messages are in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.nlp.contract import Text
from tradewind.nlp.language import identify, identify_one


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my package?", "en"),
        ("ok danke", "de"),
        ("kein Paket", "de"),
        ("bonjour ou est mon colis svp", "fr"),
        ("gracias", "es"),
        ("ahorita lo checo, la paquetería no llegó", "es-MX"),
        ("Cadê meu pedido?", "pt-BR"),
        ("A minha encomenda ainda não chegou", "pt-PT"),
        ("Dove si trova il mio pacco", "it"),
        ("hol van a csomag", "hu"),
        ("Kdy mi dorazí balík?", "cs"),
        ("Kedy mi príde balík?", "sk"),
        ("paket saya belum sampai", "id"),
        ("don hang cua toi dau roi shop", "vi"),
        ("mera order kab aayega bhai", "hi-Latn"),
        ("Где моя посылка", "ru"),
        ("Де моя посилка", "uk"),
        ("Къде е поръчката ми", "bg"),
        ("Каде е мојата нарачка", "mk"),
        ("我的包裹在哪里，请问", "zh-Hans"),
        ("我的包裹還沒到", "zh-Hant"),
        ("荷物が届きません", "ja"),
        ("택배가 안 왔어요", "ko"),
        ("سفارش من کجاست", "fa"),
        ("أين طلبي", "ar"),
        ("Πού είναι το δέμα μου;", "el"),
        ("איפה החבילה שלי", "he"),
        ("พัสดุของฉันอยู่ที่ไหน", "th"),
        ("मेरा ऑर्डर कहाँ है", "hi"),
        ("iPhone 15 Pro Max 壳子坏了", "zh-Hans"),
        ("😀😀", "und"),
        ("12345", "und"),
        ("\ud800\x00", "und"),
    ],
)
def test_the_language_of_a_short_message(text: str, language: str) -> None:
    assert identify_one(text) == language


@pytest.mark.parametrize(
    ("site", "language"), [("tw", "zh-Hant"), ("cn", "zh-Hans"), ("", "zh-Hans")]
)
def test_the_site_decides_only_where_the_characters_do_not(site: str, language: str) -> None:
    assert identify_one("你好", site=site) == language
    assert identify_one("還沒收到", site=site) == "zh-Hant"


def test_a_batch_keeps_its_order() -> None:
    assert identify([Text("Wo ist mein Paket?"), Text("Where is it?")]) == ["de", "en"]


@settings(deadline=None)  # the slower identifiers load on first use
@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert identify_one(text)
