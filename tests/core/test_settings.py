from __future__ import annotations

import re
from pathlib import Path

import pytest

from tradewind.core import settings
from tradewind.core.errors import OperatorError

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_nothing_set_gives_a_desk_on_this_machine():
    given = settings.read({})
    assert (given.bind, given.port, given.sample) == ("127.0.0.1", 8000, True)
    assert given.public_url == "http://127.0.0.1:8000"
    assert "localhost" in given.allowed_hosts


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("PORT", "eighty", "wants a whole number from 0 to 65535, got 'eighty'"),
        ("PORT", "65536", "wants a whole number"),
        ("PORT", "-1", "wants a whole number"),
        ("PORT", "٨٠", "wants a whole number"),
        ("BIND", "example.com", "wants an IP address"),
        ("SAMPLE", "maybe", "wants 1 or 0, got 'maybe'"),
        ("LOG_LEVEL", "loud", "wants one of debug, info, warning, error, got 'loud'"),
        ("PUBLIC_URL", "desk.example.com", "wants an address such as https://"),
        ("LLM_BELOW", "2", "wants a number from 0 to 1, got '2'"),
        ("LLM_BELOW", "nan", "wants a number from 0 to 1"),
        ("LLM_URL", "http://127.0.0.1:8080/v1", "wants TRADEWIND_LLM_MODEL beside it"),
        ("STORAGE", "ftp://x", "wants files or s3://BUCKET/PREFIX"),
        ("DATABASE_URL", "http://[", "wants postgresql://"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_got_and_wants(name, value, wanted):
    with pytest.raises(OperatorError) as refusal:
        settings.read({f"TRADEWIND_{name}": value})
    assert str(refusal.value).startswith(f"TRADEWIND_{name} ")
    assert wanted in str(refusal.value)


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(OperatorError) as refusal:
        settings.read({"TRADEWIND_PORT": "x", "TRADEWIND_WORKERS": "0"})
    assert len(str(refusal.value).splitlines()) == 2


def test_a_refusal_never_shows_a_password():
    with pytest.raises(OperatorError) as refusal:
        settings.read({"TRADEWIND_DATABASE_URL": "mysql://me:geheim@db/shop"})
    assert "geheim" not in str(refusal.value)


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text("abc\n")
    given = settings.read({"TRADEWIND_KEY_FILE": str(tmp_path / "key")})
    assert given.key == "abc"
    assert given["TRADEWIND_KEY"] == "abc"


def test_a_missing_secret_file_and_a_secret_given_twice_are_refused(tmp_path):
    with pytest.raises(OperatorError, match="TRADEWIND_KEY wants a readable file"):
        settings.read({"TRADEWIND_KEY_FILE": str(tmp_path / "none")})
    with pytest.raises(OperatorError, match="both set"):
        settings.read({"TRADEWIND_KEY_FILE": "/x", "TRADEWIND_KEY": "y"})


def test_a_misspelt_setting_is_noticed():
    (said,) = settings.unknown({"TRADEWIND_DATABSE_URL": "x", "PATH": "/bin"})
    assert "Did you mean TRADEWIND_DATABASE_URL?" in said


def test_secrets_stay_out_of_the_settings_text():
    assert "geheim" not in repr(settings.read({"TRADEWIND_OIDC_CLIENT_SECRET": "geheim"}))


def test_the_docs_list_every_setting_with_its_default_and_no_other():
    rows = re.findall(r"^\| `(TRADEWIND_\w+)` \| (.*?) \| (.*) \|$", DOCS.read_text(), re.MULTILINE)
    told = {name: (default.strip("`"), meaning) for name, default, meaning in rows}
    assert set(told) == {f"TRADEWIND_{field.name.upper()}" for field in settings.FIELDS}
    for field in settings.FIELDS:
        default, meaning = told[f"TRADEWIND_{field.name.upper()}"]
        assert default == field.metadata["default"]
        assert meaning.removesuffix(" *secret*") == field.metadata["meaning"]
        assert meaning.endswith(" *secret*") == field.metadata["secret"]
