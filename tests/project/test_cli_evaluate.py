"""What `tradewind evaluate` says of files it cannot judge on."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tradewind.core.errors import OperatorError
from tradewind.project.cli.judging import evaluate_command


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "expected labelled messages, got an empty file"),
        ('{"text": "a"}\n', "line 1: intent: expected text"),
        ("[1]\n", "line 1: expected a JSON object"),
        ('{"text": "a", "intent": "lost"}\n', "line 1: intent: 'lost' is none of ours"),
    ],
)
def test_a_file_that_cannot_be_judged_on_is_refused_with_the_reason(
    tmp_path: Path, lines: str, said: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines)
    result = CliRunner().invoke(evaluate_command, [str(path)])
    assert isinstance(result.exception, OperatorError)
    assert said in str(result.exception)
