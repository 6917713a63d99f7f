from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tradewind.core.errors import OperatorError
from tradewind.core.home import keys
from tradewind.core.postgres import Addresses, Cluster, prepare_database
from tradewind.inbox.storage import Folder
from tradewind.project.backup import archive, dump, place
from tradewind.project.backup.tables import table_names

PASSPHRASE = "a walnut under the third tree"

SEED = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tradewind.project.settings"; django.setup()
from pathlib import Path
from email.message import EmailMessage
from django.conf import settings
from tests.journey_helpers import api_item, arrive, mail_in
from tradewind.channels.services import create_channel
from tradewind.identity import services as identity
from tradewind.identity.models import Person
from tradewind.identity.scope import in_workspace
from tradewind.project.migrate import migrate
migrate()
owner = Person.objects.create_user("mei@example.com", "correct horse battery", name="梅")
workspace = identity.create_workspace("Islelight", owner=owner)
with in_workspace(workspace.pk):
    secret = {"password": "hush"}
    box = create_channel(None, platform="email", name="Mail", secrets_given=secret, state="live")
    for number in range(20):
        mail = EmailMessage()
        mail["From"], mail["To"] = f"b{number}@example.de", "help@example.com"
        mail["Subject"], mail["Message-ID"] = "Lamp\\ttab \\\\ back", f"<{number}@example.de>"
        mail.set_content("Broken \\\\N \\t 灯 " * 50)
        mail.add_attachment(os.urandom(2000), maintype="image", subtype="png", filename="灯.png")
        mail_in(box, mail.as_bytes())
    api = create_channel(None, platform="api", name="API", state="live")
    arrive(api, *[api_item(f"m{n}") for n in range(200)])
    identity.audit(None, "test.done")
folder = settings.HOME / "connectors" / "own"; folder.mkdir(parents=True)
(folder / "mine.toml").write_text("platform = 'mine'\\n")
model = settings.HOME / "models" / "1" / "first"; model.mkdir(parents=True)
(model / "card.json").write_text("{}")
"""
OPEN = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tradewind.project.settings"; django.setup()
from tradewind.channels.models import Channel, Delivery
from tradewind.channels.sealing import open_body, secrets_of
from tradewind.identity.models import Person, Workspace
from tradewind.identity.scope import in_workspace
with in_workspace(Workspace.objects.get().pk):
    assert secrets_of(Channel.objects.get(name="Mail"))["password"] == "hush"
    for d in Delivery.objects.all():
        assert open_body(bytes(d.body), channel_id=d.channel_id, dedupe_key=d.dedupe_key)
    assert Channel.objects.create(key="k", platform="api", name="new").pk > 2
assert not Channel.objects.exists(), "the wall is down"
assert Person.objects.get().check_password("correct horse battery")
"""


@dataclass(frozen=True)
class Desk:
    home: Path
    at: Addresses

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "tradewind", *words)

    def python(self, *words: object) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("TRADEWIND")}
        env |= {
            "TRADEWIND_HOME": str(self.home),
            "TRADEWIND_DATABASE_URL": self.at.owner_url,
            "TRADEWIND_DATABASE_APP_URL": self.at.app_url,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, *map(str, words)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=150)

    def rows(self) -> dict[str, list[Any]]:
        with psycopg.connect(self.at.owner_url) as connection:
            return {
                name: connection.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1').fetchall()
                for name in table_names(connection)
            }

    def files(self) -> dict[str, bytes]:
        folders = [self.home / "files", self.home / "connectors", self.home / "models"]
        return {
            str(path.relative_to(self.home)): path.read_bytes()
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
        }


Maker = Callable[[str], Desk]


@pytest.fixture(scope="module")
def make_desk(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    cluster = Cluster(Path(os.environ["TRADEWIND_TEST_ROOT"]) / "postgres", fast=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")

    def make(name: str) -> Desk:
        at = prepare_database(cluster, f"tw_{worker}_{name}")
        return Desk(tmp_path_factory.mktemp(name), at)

    return make


@pytest.fixture(scope="module")
def source(make_desk: Maker) -> Desk:
    desk = make_desk("bak_source")
    done = desk.python("-c", SEED)
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture(scope="module")
def backup(source: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "desk.backup"
    done = source.run("backup", file)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture(scope="module")
def target(make_desk: Maker, backup: Path) -> Desk:
    desk = make_desk("bak_target")
    done = desk.run("restore", backup)
    assert done.returncode == 0, done.stderr
    return desk


def quiet(*_: object) -> None:
    pass


def parts_of(desk: Desk) -> dump.Parts:
    return dump.Parts(
        desk.at.owner_url, desk.home, keys(desk.home, {}), Folder(desk.home / "files")
    )


def test_a_backup_restored_into_an_empty_place_is_the_same_desk(source: Desk, target: Desk) -> None:
    assert target.rows() == source.rows()
    assert len(source.files()) == 22
    assert target.files() == source.files()
    assert (target.home / "key").read_bytes() == (source.home / "key").read_bytes()
    assert not (target.home / "restore-unfinished").exists()


def test_constraints_triggers_and_walls_stand_again(source: Desk, target: Desk) -> None:
    query = (
        "SELECT 'k', conname || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'i', indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT 't', tgrelid::regclass || tgname || tgenabled::text FROM pg_trigger"
        "   WHERE NOT tgisinternal"
        " UNION ALL SELECT 's', sequencename || last_value FROM pg_sequences"
        "   WHERE schemaname = 'public'"
        " UNION ALL SELECT 'w', tablename || rowsecurity::text FROM pg_tables"
        "   WHERE schemaname = 'public' ORDER BY 1, 2"
    )
    with psycopg.connect(source.at.owner_url) as one, psycopg.connect(target.at.owner_url) as two:
        assert two.execute(query).fetchall() == one.execute(query).fetchall()


def test_a_place_that_is_not_empty_is_replaced_only_when_told(
    source: Desk, target: Desk, backup: Path
) -> None:
    with psycopg.connect(target.at.owner_url) as connection:
        connection.execute("UPDATE identity_workspace SET name = 'other'")
    before = target.rows()
    refused = target.run("restore", backup)
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    assert target.rows() == before
    assert target.run("restore", backup, "--replace").returncode == 0
    assert target.rows() == source.rows()


def test_what_was_sealed_opens_and_the_desk_works_on(target: Desk) -> None:
    opened = target.python("-c", OPEN)
    assert opened.returncode == 0, opened.stderr


def test_a_backup_is_its_owners_only_and_never_overwrites(source: Desk, backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    before = backup.read_bytes()
    again = source.run("backup", backup)
    assert again.returncode == 2
    assert "never overwrites" in again.stderr
    assert backup.read_bytes() == before


def test_what_is_written_meanwhile_is_not_half_in_it(source: Desk, tmp_path: Path) -> None:
    added = []

    def add(*_: object) -> None:
        if not added:
            added.append(1)
            with psycopg.connect(source.at.owner_url) as other:
                other.execute(
                    "INSERT INTO identity_team (workspace_id, name, created_at)"
                    " SELECT id, 'late', now() FROM identity_workspace"
                )

    dump.write(tmp_path / "b", parts_of(source), passphrase="", progress=add)
    found = archive.check(tmp_path / "b", passphrase="", progress=quiet)
    with psycopg.connect(source.at.owner_url) as other:
        assert other.execute("DELETE FROM identity_team").rowcount == 1
    assert found.manifest["tables"]["identity_team"]["rows"] == 0


def test_a_sealed_backup_opens_with_its_passphrase_only(source: Desk, tmp_path: Path) -> None:
    file = tmp_path / "b"
    dump.write(file, parts_of(source), passphrase=PASSPHRASE, progress=quiet)
    assert b"backup.json" not in file.read_bytes()
    archive.check(file, passphrase=PASSPHRASE, progress=quiet)
    for wrong, said in (("", "passphrase-file"), ("something else", "passphrase")):
        with pytest.raises(OperatorError, match=said):
            archive.check(file, passphrase=wrong, progress=quiet)


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_a_damaged_backup_is_refused_wherever_the_damage_is(
    source: Desk, tmp_path: Path, passphrase: str
) -> None:
    file = tmp_path / "b"
    dump.write(file, parts_of(source), passphrase=passphrase, progress=quiet)
    whole = file.read_bytes()
    spoiled = [whole[: len(whole) * part // 10] for part in (0, 4, 9)] + [whole + b"x", whole[:-1]]
    for part in (1, 5, 9):
        at = len(whole) * part // 10
        spoiled.append(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    for content in spoiled:
        file.write_bytes(content)
        with pytest.raises(OperatorError):
            archive.check(file, passphrase=passphrase, progress=quiet)


def test_a_member_that_was_left_out_is_noticed(backup: Path, tmp_path: Path) -> None:
    every = list(archive.members(backup, passphrase="", progress=quiet))
    with (tmp_path / "b").open("wb") as file:
        writer = archive.Writer(file, passphrase="")
        for name, data in every:
            if not name.startswith("files/"):
                writer.add(name, data)
        writer._tar.close()
        writer._gzip.close()
    with pytest.raises(OperatorError, match=r"checksum|manifest"):
        archive.check(tmp_path / "b", passphrase="", progress=quiet)


def test_a_damaged_backup_touches_nothing(backup: Path, make_desk: Maker, tmp_path: Path) -> None:
    target = make_desk("bak_untouched")
    (tmp_path / "b").write_bytes(backup.read_bytes()[:-100])
    done = target.run("restore", tmp_path / "b")
    assert done.returncode == 2
    assert "damaged" in done.stderr
    assert target.rows() == {}
    assert not list(target.home.iterdir())


def test_a_database_of_another_program_is_never_replaced(backup: Path, make_desk: Maker) -> None:
    target = make_desk("bak_foreign")
    with psycopg.connect(target.at.owner_url) as connection:
        connection.execute("CREATE TABLE somebody_elses (x int)")
    done = target.run("restore", backup, "--replace")
    assert done.returncode == 2
    assert "somebody_elses" in done.stderr
    assert list(target.rows()) == ["somebody_elses"]


def test_a_desk_that_is_connected_is_not_restored_over(source: Desk) -> None:
    with (
        psycopg.connect(source.at.app_url),
        pytest.raises(OperatorError, match="connected"),
    ):
        place.require_unused(source.at.owner_url, source.at.app_url)


def test_a_restore_that_was_cut_off_is_not_taken_for_a_desk(source: Desk) -> None:
    mark = source.home / "restore-unfinished"
    mark.touch()
    done = source.run("token", "list")
    mark.unlink()
    assert done.returncode == 2
    assert "restore" in done.stderr


def test_a_file_that_the_store_lost_is_told(source: Desk, tmp_path: Path) -> None:
    lost = next(path for path in (source.home / "files").rglob("*") if path.is_file())
    kept = lost.read_bytes()
    lost.unlink()
    written = dump.write(tmp_path / "b", parts_of(source), passphrase="", progress=quiet)
    lost.write_bytes(kept)
    assert [lost.name] == [key.rpartition("/")[2] for key in written.missing]


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"hello", gzip.compress(b"hello" * 1000)):
        (tmp_path / "b").write_bytes(content)
        with pytest.raises(OperatorError):
            archive.check(tmp_path / "b", passphrase="", progress=quiet)
