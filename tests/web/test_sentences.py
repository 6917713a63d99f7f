"""Every sentence that a service says when it refuses can be read on a Chinese screen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

import tradewind
from tradewind.routing.assignment import Candidate, reason
from tradewind.web.parts.mail_checks import _SAID as MAIL_CHECKS
from tradewind.web.parts.sentences import _SENTENCES, said

PACKAGE = Path(tradewind.__file__).parent
FLOORS = (
    "identity", "channels", "commerce", "inbox", "triage", "routing", "learning", "journey", "web",
)  # fmt: skip
REFUSALS = {"NotFound", "NotAllowed", "Invalid", "Conflict", "NoSender", "PartMissing"}
HAN = re.compile(r"[\u4e00-\u9fff]")


def _text(node: ast.expr) -> str | None:
    """A text as it would be said, with 101, 102 … for what is filled in; None for a name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    return "".join(
        str(part.value)
        if isinstance(part, ast.Constant)
        else repr(f"{100 + n}")
        if getattr(part, "conversion", -1) == ord("r")
        else f"{100 + n}"
        for n, part in enumerate(node.values)
    )


def _refusals(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        name = getattr(node.exc.func, "id", "")
        if name not in REFUSALS or not node.exc.args:
            continue
        if (text := _text(node.exc.args[0])) is not None:
            told = f"there is no such {text}" if name == "NotFound" else text
            yield f"{path.relative_to(PACKAGE)}:{node.lineno}", told


def _reasons(path: Path) -> Iterator[tuple[str, str]]:
    """Sentences that a function gives back as what is wrong."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        value = node.value if isinstance(node, ast.Return) else None
        if isinstance(value, ast.IfExp):
            value = value.orelse
        text = _text(value) if value is not None else None
        if text and text.endswith("."):
            yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


SPOKEN = dict(
    [
        *(
            found
            for floor in FLOORS
            for path in sorted((PACKAGE / floor).rglob("*.py"))
            for found in _refusals(path)
        ),
        *_reasons(PACKAGE / "channels" / "connector" / "verifying.py"),
        *_reasons(PACKAGE / "channels" / "mail" / "checks.py"),
    ]
)


@pytest.mark.parametrize("place", SPOKEN)
def test_a_refusal_is_said_in_chinese(place: str) -> None:
    text = SPOKEN[place]
    with translation.override("zh-hans"):
        told = said(text)
    assert HAN.search(told), f"{place} says {text!r}; give it words in web/parts/sentences.py"
    assert set(re.findall(r"10\d", told)) <= set(re.findall(r"10\d", text)), told


@pytest.mark.parametrize("sentence", [*_SENTENCES, *(words for _, words in MAIL_CHECKS)])
def test_every_sentence_we_have_words_for_has_chinese_ones_with_the_same_places(
    sentence: str,
) -> None:
    with translation.override("zh-hans"):
        told = translation.gettext(sentence)
    assert HAN.search(told), sentence
    assert set(re.findall(r"%\(\w+\)s", told)) == set(re.findall(r"%\(\w+\)s", sentence))


def test_the_walk_finds_what_services_say() -> None:
    assert len(SPOKEN) > 80
    assert any(place.startswith("inbox/services.py") for place in SPOKEN)


def test_why_somebody_has_a_conversation_is_said_too() -> None:
    special = Candidate(1, None, frozenset({"de"}), capacity=9, load=3)
    with translation.override("zh-hans"):
        assert said(reason(special, "de")) == "会用 de 回复；处理中 3，上限 9"
        assert said("given by Lena") == "由 Lena 分配"


def test_lines_are_said_one_by_one_and_unknown_words_stay() -> None:
    with translation.override("zh-hans"):
        assert said("line 3: expected a JSON object with “text”\nHTTP 418") == (
            "第 3 行：应为带“text”的 JSON 对象\nHTTP 418"
        )
