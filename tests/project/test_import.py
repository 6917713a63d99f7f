from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from click.testing import CliRunner, Result

from tests.journey_helpers import api_item, arrive
from tradewind.channels.models import Channel, Delivery
from tradewind.channels.services import create_channel
from tradewind.core.errors import OperatorError
from tradewind.inbox.models import Conversation, Message
from tradewind.project.cli.main import cli
from tradewind.project.importer import running, sources, state

NOW = datetime.now(UTC)


@pytest.fixture
def mailbox(in_alices: SimpleNamespace) -> Channel:
    config = {"address": "help@islelight.example"}
    return create_channel(None, platform="email", name="Mail", config=config, state="live")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, words), "--workspace", "Islelight"])


def mail(number: int, *, at: datetime | None = NOW, sender: str = "anna@example.de") -> bytes:
    dated = f"Date: {format_datetime(at)}\n" if at else ""
    head = f"From: {sender}\nTo: help@islelight.example\nMessage-ID: <{number}@example.de>\n"
    return f"{head}{dated}Subject: Lamp {number}\n\nLamp {number} is broken\n".encode()


def mbox(path: Path, mails: list[bytes]) -> Path:
    path.write_bytes(b"".join(b"From x@y Tue Sep  1 00:00:00 2026\n" + m + b"\n" for m in mails))
    return path


def jsonl(path: Path, items: list[object]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(item) + b"\n" for item in items))
    return path


def test_every_mail_of_an_mbox_is_shown_once_however_often_imported(
    mailbox: Channel, tmp_path: Path
) -> None:
    archive = mbox(tmp_path / "old.mbox", [mail(n) for n in range(30)])
    assert run(archive).exit_code == 0
    again = run(archive)
    assert again.exit_code == 0
    assert "known already" in again.stdout
    assert Message.objects.filter(channel=mailbox).count() == 30


def test_a_maildir_and_a_folder_of_eml_are_read_too(mailbox: Channel, tmp_path: Path) -> None:
    for folder, name in (("maildir/cur", "1:2,S"), ("maildir/new", "2"), ("emls", "3.eml")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_bytes(mail(int(name[0])))
    assert run(tmp_path / "maildir").exit_code == 0
    assert run(tmp_path / "emls").exit_code == 0
    assert Message.objects.filter(channel=mailbox).count() == 3


def test_bad_lines_are_listed_with_their_reason_and_stop_nothing(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    archive = tmp_path / "old.jsonl"
    good = [orjson.dumps(api_item(f"m{n}")) for n in range(3)]
    bad = [b"{broken", b'{"external_id": "x"}', b"[1]", orjson.dumps(api_item("y", channel="no"))]
    archive.write_bytes(b"\xef\xbb\xbf" + b"\n".join([good[0], *bad, b"", *good[1:]]))
    result = run(archive, "--errors", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    reasons = [
        orjson.loads(line)["error"] for line in (tmp_path / "bad.jsonl").read_bytes().splitlines()
    ]
    assert len(reasons) == 4
    assert "from" in reasons[1]
    assert "“no”" in reasons[3]
    assert Message.objects.count() == 3


def test_an_import_that_was_cut_off_goes_on_where_it_was(
    in_alices: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH_ITEMS", 10)
    archive = jsonl(tmp_path / "old.jsonl", [api_item(f"m{n}") for n in range(50)])
    source = sources.open_source(archive, "auto")
    channel = running.channel_for(source, "")

    def plan() -> running.Plan:
        place = state.place_of(tmp_path, archive, channel_id=channel.pk, restart=False)
        return running.Plan(source, channel.pk, place, errors=tmp_path / "bad")

    def cut_off(done: int, _: str) -> None:
        if done > source.total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run(plan(), progress=cut_off)
    rest = running.run(plan(), progress=lambda *_: None)
    assert rest.read == 20
    assert Message.objects.count() == 50
    assert not list((tmp_path / "imports").glob("*.json"))


def test_a_changed_archive_is_read_from_its_beginning(tmp_path: Path) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_bytes(b"{}\n")
    state.place_of(tmp_path, archive, channel_id=1, restart=False).keep("3")
    assert state.place_of(tmp_path, archive, channel_id=1, restart=False).position == "3"
    assert state.place_of(tmp_path, archive, channel_id=1, restart=True).position == ""
    archive.write_bytes(b"{}\n{}\n")
    assert state.place_of(tmp_path, archive, channel_id=1, restart=False).position == ""


def test_old_conversations_arrive_resolved_and_run_no_clock(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    def item(name: str, days: int) -> dict[str, object]:
        at = (NOW - timedelta(days=days)).isoformat()
        return api_item(f"{name}-{days}", conversation=name, sent_at=at)

    items = [item("old", 90), item("old", 60), item("fresh", 80), item("fresh", 2)]
    run(jsonl(tmp_path / "a.jsonl", items))
    old, fresh = Conversation.objects.order_by("last_message_at")
    assert (old.state, old.company_due_at, old.unread_count) == ("resolved", None, 0)
    assert (old.assignee_id, old.resolved_at) == (None, old.last_message_at)
    assert fresh.state == "open"
    assert fresh.company_due_at is not None


def test_conversations_that_were_not_imported_stay_open(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    long_ago = (NOW - timedelta(days=90)).isoformat()
    channel = create_channel(None, platform="api", name="API", state="live")
    arrive(channel, api_item("m", conversation="here before", sent_at=long_ago))
    Message.objects.update(created_at=NOW - timedelta(days=89))
    run(jsonl(tmp_path / "a.jsonl", [api_item("n", conversation="new", sent_at=long_ago)]))
    assert sorted(Conversation.objects.values_list("state", flat=True)) == ["open", "resolved"]


def test_nothing_is_resolved_where_all_shall_stay_open(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    long_ago = (NOW - timedelta(days=90)).isoformat()
    run(jsonl(tmp_path / "a.jsonl", [api_item("n", sent_at=long_ago)]), "--keep-open")
    assert Conversation.objects.get().state == "open"


def test_what_is_older_than_since_is_left_out(mailbox: Channel, tmp_path: Path) -> None:
    archive = mbox(tmp_path / "o", [mail(1, at=NOW - timedelta(days=9)), mail(2)])
    run(archive, "--since", f"{NOW - timedelta(days=3):%Y-%m-%d}")
    assert Message.objects.get().subject == "Lamp 2"


def test_a_mail_without_a_date_takes_that_of_its_file(mailbox: Channel, tmp_path: Path) -> None:
    archive = tmp_path / "one.eml"
    archive.write_bytes(mail(1, at=None))
    os.utime(archive, (1_700_000_000, 1_700_000_000))
    run(archive)
    assert Message.objects.get().sent_at.timestamp() == 1_700_000_000
    assert Conversation.objects.get().state == "resolved"


def test_our_own_old_answers_are_ours(mailbox: Channel, tmp_path: Path) -> None:
    run(mbox(tmp_path / "sent", [mail(1, sender="help@islelight.example")]))
    assert Message.objects.get().direction == "out"


def test_without_waiting_all_is_left_to_the_workers(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    run(jsonl(tmp_path / "a.jsonl", [api_item("m")]), "--no-wait")
    assert Delivery.objects.get().state == "waiting"


def test_mail_into_a_channel_that_is_no_mailbox_is_refused(
    in_alices: SimpleNamespace, tmp_path: Path
) -> None:
    channel = create_channel(None, platform="api", name="API", state="live")
    said = run(mbox(tmp_path / "o", [mail(1)]), "--channel", channel.key).exception
    assert isinstance(said, OperatorError)
    assert "mailbox" in str(said)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [(b"[{}]", "one object a line"), (b"PK\x03\x04", "ZIP"), (b"", "empty"), (b"\x00\x01", "nei")],
)
def test_what_is_no_archive_is_named(mailbox: Channel, tmp_path: Path, content: bytes, wanted: str):
    (tmp_path / "x").write_bytes(content)
    said = run(tmp_path / "x").exception
    assert isinstance(said, OperatorError)
    assert wanted in str(said)


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    one = orjson.dumps(api_item("m", "x" * 100_000)) + b"\n"
    with (tmp_path / "big.jsonl").open("wb") as file:
        for _ in range(1500):
            file.write(one)
    script = (
        "import resource, sys, os; from pathlib import Path;"
        "os.environ['DJANGO_SETTINGS_MODULE']='tradewind.project.settings';"
        "import django; django.setup();"
        "from tradewind.project.importer.sources import open_source;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "n = sum(1 for _ in open_source(Path(sys.argv[1]), 'auto').items());"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "sys.exit(n != 1500 or after - before > 40_000)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "big.jsonl")], timeout=60)
    assert done.returncode == 0
