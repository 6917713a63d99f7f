from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from click.testing import CliRunner, Result

from tests.journey_helpers import api_item, arrive
from tradewind.channels import deliveries
from tradewind.channels.models import Channel, Delivery
from tradewind.channels.sealing import secrets_of
from tradewind.core.errors import OperatorError
from tradewind.project.cli.main import cli

AT = ("--workspace", "Islelight")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


@pytest.fixture
def channel(in_alices: SimpleNamespace) -> Channel:
    key = run("channel", "create", "api", "Shop", "--live", *AT).stdout.strip()
    return Channel.objects.get(key=key)


def fail_one(channel: Channel) -> Delivery:
    deliveries.accept(channel.pk, [deliveries.Raw("bad", orjson.dumps({}))], transport="api")
    arrive(channel)
    return Delivery.objects.get(channel=channel, state="failed")


def test_a_secret_given_as_a_file_is_sealed(in_alices: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("hush\n")
    made = run("channel", "create", "email", "Mail", "--secret-file", f"password={tmp_path / 's'}",
               "--set", "imap_port=993", *AT)  # fmt: skip
    channel = Channel.objects.get(key=made.stdout.strip())
    assert secrets_of(channel)["password"] == "hush"
    assert channel.config == {"imap_port": 993}
    assert channel.state == "draft"


def test_the_ledger_counts_and_names_what_failed(channel: Channel) -> None:
    arrive(channel, api_item("1"))
    failed = fail_one(channel)
    said = run("channel", "ledger", channel.key, *AT).stdout
    assert "applied                 1" in said
    assert str(failed.pk) in said
    assert failed.error[:20] in said


def test_a_replayed_delivery_waits_again(channel: Channel) -> None:
    failed = fail_one(channel)
    assert run("channel", "replay", channel.key, "--delivery", str(failed.pk), *AT).exit_code == 0
    failed.refresh_from_db()
    assert failed.state == "waiting"


def test_a_number_that_is_no_failed_delivery_is_refused(channel: Channel) -> None:
    result = run("channel", "replay", channel.key, "--delivery", "999999", *AT)
    assert isinstance(result.exception, OperatorError)
    assert "999999" in str(result.exception)


def test_checking_the_shipped_connectors_finds_no_difference() -> None:
    shipped = Path(deliveries.__file__).parent / "connectors"
    assert run("connector", "check", str(shipped)).exit_code == 0


def test_a_broken_connector_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('platform = "x"\n[webhook]\nnonsense = 1\n')
    result = run("connector", "check", str(tmp_path))
    assert result.exit_code == 1
    assert "nonsense" in result.output
