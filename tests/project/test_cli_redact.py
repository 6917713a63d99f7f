"""tradewind redact: a line in, a line out, whatever it holds."""

from __future__ import annotations

import json

from click.testing import CliRunner

from tradewind.project.cli.hiding import redact_command


def run(text: str, *arguments: str) -> str:
    result = CliRunner().invoke(redact_command, list(arguments), input=text)
    assert result.exit_code == 0, result.output
    return result.output


def test_each_line_is_answered_in_order_and_bad_ones_say_why():
    lines = [
        {"id": 1, "text": "mail a@b.de, order 302-8868176-2219830"},
        {"id": 2, "text": 7},
        {"text": "Anna Keller was here", "names": ["Anna Keller"]},
        {"id": 4, "text": "x", "names": "Anna"},
        {"id": 5, "text": "ruf 0171 2345678", "country": "DE"},
    ]
    given = "\n".join(["{", *map(json.dumps, lines)])
    first, *answers = map(json.loads, run(given).splitlines())
    assert "not a JSON line" in first["error"]
    assert answers[0] == {
        "id": 1,
        "text": "mail [email], order 302-8868176-2219830",
        "found": [{"kind": "email", "start": 5, "end": 11}],
    }
    assert answers[1] == {"id": 2, "error": '"text": expected text, got a number'}
    assert answers[2]["text"] == "[name] was here"
    assert answers[3] == {"id": 4, "error": '"names": expected a list of texts'}
    assert answers[4]["text"] == "ruf [phone]"


def test_plain_text_comes_back_plain():
    assert run("write a@b.de\nbye\n", "--plain") == "write [email]\nbye\n"


def test_a_kind_can_be_kept_and_the_length_too():
    text = "a@b.de, +49 170 1234567"
    assert run(text, "--plain", "--keep", "email") == "a@b.de, [phone]"
    assert run(text, "--plain", "--style", "block") == f"{'█' * 6}, {'█' * 15}"
