"""Whatever is written into the audit log is told there in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tradewind
from tradewind.web.settings_pages.acts import act_words


def _acts() -> Iterator[str]:
    """The texts of the form thing.deed in functions that write into the audit log."""
    for path in Path(tradewind.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and _audits(function):
                # Without the decorators: jobs have names of the same form.
                for node in (node for line in function.body for node in ast.walk(line)):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        thing, _, deed = node.value.partition(".")
                        if thing.isidentifier() and deed.isidentifier():
                            yield node.value


def _audits(function: ast.FunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(getattr(call, "attr", getattr(call, "id", "")) == "audit" for call in calls)


def test_every_act_has_words():
    acts = set(_acts())
    assert {"file.read", "conversation.listed", "person.second_step_removed"} <= acts
    assert sorted(act for act in acts if act_words(act) == act) == []
