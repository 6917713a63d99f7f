"""What `tradewind evaluate` says of files it cannot judge on."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

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


def judged(tmp_path: Path, *more: str) -> Result:
    path = tmp_path / "rows.jsonl"
    row = '{"text": "Wo ist mein Paket?", "intent": "logistics.tracking", "language": "de"}\n'
    path.write_bytes(BOM_UTF8 + row.encode())
    return CliRunner().invoke(evaluate_command, [str(path), *more])


def test_the_table_tells_leaves_calibration_and_coverage(tmp_path: Path) -> None:
    said = judged(tmp_path).stdout
    for head in ("figure ", "language ", "problem ", "confidence ", "answered from "):
        assert f"\n{head}" in f"\n{said}"


def test_a_page_that_cannot_be_written_is_refused_before_reading(tmp_path: Path) -> None:
    result = judged(tmp_path, "--html", str(tmp_path / "nowhere" / "page.html"))
    assert isinstance(result.exception, OperatorError)
    assert "there is no folder" in str(result.exception)


def test_what_is_of_the_shipped_reader_alone_is_refused_for_a_model(tmp_path: Path) -> None:
    result = judged(tmp_path, "--model", str(tmp_path), "--check")
    assert result.exit_code == 2
    assert "not of --model" in result.output
