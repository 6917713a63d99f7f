"""Marks of channels, people, countries and problems."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils.translation import override

import tradewind.web
from tradewind.nlp.contract import INTENTS
from tradewind.web.parts.channels import MARKS, channel_letters
from tradewind.web.parts.flags import FLAGS
from tradewind.web.parts.people import buyer_letters, colleague_letters
from tradewind.web.parts.problems import LEAVES, problem_words

WEB = Path(tradewind.web.__file__).parent
ICONS = WEB / "static/tradewind/icons"


def drawn(source: str, **values: object) -> str:
    return Template("{% load parts %}" + source).render(Context(values))


def symbols(sheet: str) -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (ICONS / sheet).read_text()))


def test_every_icon_a_template_asks_for_is_in_the_sprite() -> None:
    asked = {
        name
        for template in (WEB / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', template.read_text())
    }
    marks = {mark.removeprefix("icon:") for mark, _ in MARKS.values() if mark.startswith("icon:")}
    assert asked | marks <= symbols("icons.svg")


def test_every_flag_is_drawn() -> None:
    assert {code.lower() for code in FLAGS} == symbols("flags.svg")


def test_a_country_without_a_drawn_flag_shows_its_letters() -> None:
    assert "<abbr" in drawn('{% flag "NG" %}')
    assert ">NG<" in drawn('{% flag "ng" %}')
    assert drawn('{% flag "" %}') == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Katharina Voss", "KV"),
        ("佐藤 美咲", "佐"),
        ("김서연", "김"),
        ("عبدالله القحطاني", "ع"),
        ("Олена Коваленко", "ОК"),
        ("  (support) ", "S"),
        ("🔥", ""),
        ("", ""),
    ],
)
def test_a_buyer_has_letters_in_their_own_script(name: str, letters: str) -> None:
    assert buyer_letters(name) == letters


def test_a_chinese_colleague_is_known_by_the_given_name() -> None:
    assert colleague_letters("周敏") == "敏"
    assert colleague_letters("Anna Weber") == "AW"


def test_a_name_cannot_inject_markup() -> None:
    html = drawn("{% avatar name platform=name %}{% mate name state='writing' %}", name="<b>x</b>")
    assert "<b>" not in html


def test_an_unknown_platform_gets_its_own_letters() -> None:
    assert channel_letters("otherplace") == ("Ot", "otherplace")
    assert channel_letters("tiktok-shop")[0] == "Tk"
    assert channel_letters("") == ("?", "?")


def test_what_is_no_proper_name_is_said_in_the_readers_language() -> None:
    with override("zh-hans"):
        assert [channel_letters(key)[1] for key in ("email", "amazon")] == ["邮箱", "Amazon"]


def test_every_intent_has_short_words() -> None:
    assert set(LEAVES) == set(INTENTS)


def test_the_sellers_own_words_for_a_problem_win() -> None:
    labels = {"logistics": "Transport", "logistics.delay": "Too late"}
    html = drawn('{% problem "logistics.delay" %}', problem_labels=labels)
    assert "<i>Transport</i><span>Too late</span>" in html


def test_a_code_of_the_sellers_own_is_readable() -> None:
    assert problem_words("battery.smells_burnt") == ("Battery", "Smells burnt")
