"""Every text that a screen or a program asks a translation of has a Chinese one."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[2] / "src" / "tradewind"
_TRANS = re.compile(r"""{%-?\s*trans(?:late)?\s+(["'])(.*?)\1""")
_BLOCK = re.compile(r"{%-?\s*blocktrans\b[^%]*%}(.*?){%-?\s*(?:plural|endblocktrans)", re.DOTALL)
_CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "pgettext": 1, "pgettext_lazy": 1}


@pytest.fixture(scope="module")
def chinese() -> set[str]:
    with (SOURCE / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        return {_first(one.id) for one in read_po(file) if one.id and _first(one.string)}


def _first(text: object) -> str:
    return str(text[0] if isinstance(text, tuple | list) else text)


def _of_templates() -> Iterator[str]:
    for path in SOURCE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        yield from (found[1] for found in _TRANS.findall(text))
        for block in _BLOCK.findall(text):
            yield " ".join(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block).split())


def _of_code() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            place = _CALLS.get(node.func.id, len(node.args))
            for one in node.args[place : place + 1]:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


@pytest.mark.parametrize("texts", [_of_templates, _of_code])
def test_every_text_of_the_screens_has_chinese_words(
    texts: Callable[[], Iterator[str]], chinese: set[str]
) -> None:
    asked = set(texts())
    assert len(asked) > 100
    assert sorted(asked - chinese) == []
