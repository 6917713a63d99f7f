from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import psycopg
import pytest

from tests.project.backup_desks import OPEN, PASSPHRASE, SEED, Desk, Maker, parts_of, quiet
from tradewind.core.errors import OperatorError
from tradewind.core.postgres import Cluster, prepare_database
from tradewind.project.backup import archive, dump, place


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


def test_what_has_no_place_in_a_desk_is_refused(tmp_path: Path) -> None:
    for name in ("connectors/../../evil", "connectors/", "notes/x", "models//x"):
        with (tmp_path / "b").open("wb") as file:
            writer = archive.Writer(file, passphrase="")
            writer.add(name, b"x")
            writer.end({})
        with pytest.raises(OperatorError, match="no place in a desk"):
            archive.check(tmp_path / "b", passphrase="", progress=quiet)


def test_a_backup_of_a_newer_program_touches_nothing(
    backup: Path, target: Desk, tmp_path: Path
) -> None:
    with (tmp_path / "b").open("wb") as file:
        writer = archive.Writer(file, passphrase="")
        for name, data in archive.members(backup, passphrase="", progress=quiet):
            if name == archive.HEAD:
                head = json.loads(data)
                head["migrations"].append(["inbox", "9999_of_tomorrow"])
                data = json.dumps(head).encode()
            if name == archive.KEY:
                data = json.dumps({"current": "ab" * 32, "previous": []}).encode()
            if name != archive.MANIFEST:
                writer.add(name, data)
            else:
                writer.end({k: v for k, v in json.loads(data).items() if k != "sha256"})
    was, key = target.rows(), (target.home / "key").read_bytes()
    done = target.run("restore", tmp_path / "b", "--replace")
    assert done.returncode == 2
    assert "inbox.9999_of_tomorrow" in done.stderr
    assert (target.home / "key").read_bytes() == key
    assert not (target.home / "restore-unfinished").exists()
    assert target.rows() == was


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
