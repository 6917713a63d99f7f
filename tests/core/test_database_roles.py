from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tradewind.core import home as homes
from tradewind.core.errors import OperatorError
from tradewind.core.postgres import addresses, prepare, prepare_database, prepare_external

KEY = b"k" * 32


def run(url: str, *statements: str) -> list[object]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


@pytest.fixture
def external(running, request) -> str:
    """A database whose owner may make roles, as a hosting company would give it."""
    name = f"shop{abs(hash(request.node.name)) % 10**8}"
    run(
        running.superuser_url,
        f"create role {name} login createrole password 'geheim'",
        f"create database {name} owner {name}",
    )
    return running.url(user=name, password="geheim", database=name)


def test_the_app_role_uses_what_the_owner_makes_and_can_make_or_own_nothing(running):
    found = prepare_database(running, "first")
    run(found.owner_url, "create table note (id serial primary key, body text)")
    assert run(found.app_url, "insert into note (body) values ('x') returning id") == [1]
    for forbidden in ("create table mine (a int)", "drop table note", "truncate note"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(found.app_url, forbidden)
    might = "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = user"
    assert run(found.app_url, might) == [False]


def test_row_security_binds_the_app_role(running):
    found = prepare_database(running, "second")
    run(
        found.owner_url,
        "create table note (shop int)",
        "insert into note values (1), (2)",
        "alter table note enable row level security",
        "create policy own on note using (shop = current_setting('app.shop', true)::int)",
    )
    assert run(found.app_url, "set app.shop = 2", "select shop from note") == [2]


def test_preparing_again_changes_nothing(running):
    first = prepare_database(running, "third")
    run(first.owner_url, "create table note as select 1 as n")
    assert prepare_database(running, "third") == first
    assert run(first.app_url, "select n from note") == [1]


def test_one_database_is_closed_to_the_role_of_another(running):
    prepare_database(running, "fourth")
    other = prepare_database(running, "fifth")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(other.app_url.replace("/fifth", "/fourth"))


def test_an_external_database_gets_its_app_role_with_a_derived_password(external):
    found = prepare_external(external, KEY)
    run(external, "create table note as select 1 as n")
    assert run(found.app_url, "select n from note") == [1]
    assert prepare_external(external, KEY) == found
    changed = prepare_external(external, b"n" * 32)
    assert run(changed.app_url, "select n from note") == [1]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(found.app_url)


def test_an_owner_that_may_not_make_roles_is_told_what_to_do(external, running):
    name = external.rsplit("/", 1)[1]
    run(running.superuser_url, f"alter role {name} nocreaterole")
    with pytest.raises(OperatorError, match=f"may not create .* {name}_app.*CREATEROLE"):
        prepare_external(external, KEY)


def test_a_mighty_app_role_is_refused(external, running, tmp_path):
    env = {
        "TRADEWIND_DATABASE_URL": external,
        "TRADEWIND_DATABASE_APP_URL": running.superuser_url,
        "TRADEWIND_KEY": KEY.hex(),
    }
    with pytest.raises(OperatorError, match="bypass row-level security"):
        prepare(tmp_path, env)


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    env = {
        "TRADEWIND_DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/shop",
        "TRADEWIND_KEY": KEY.hex(),
    }
    with pytest.raises(OperatorError) as refusal:
        prepare(tmp_path, env)
    assert "127.0.0.1:1/shop" in str(refusal.value)
    assert "geheim" not in str(refusal.value)


def test_addresses_need_no_connection_and_agree_with_what_was_prepared(external, tmp_path):
    env = {"TRADEWIND_DATABASE_URL": external, "TRADEWIND_KEY": KEY.hex()}
    assert addresses(tmp_path, env) == prepare(tmp_path, env)


def test_the_embedded_database_is_asked_for_before_it_was_made(tmp_path: Path):
    with pytest.raises(OperatorError, match="tradewind run"):
        addresses(tmp_path, {})


def test_home_and_key_are_the_owners_alone_and_stay_the_same(tmp_path):
    home = homes.make(tmp_path / "home")
    first = homes.keys(home, {})
    assert len(first.current) == 32
    assert homes.keys(home, {}) == first
    assert (home / "key").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o066 == 0


@pytest.mark.parametrize("bad", ["short", "ß" * 43, "QUJD"])
def test_a_key_of_the_wrong_form_is_refused_without_showing_it(tmp_path, bad):
    with pytest.raises(OperatorError, match="TRADEWIND_KEY wants 32 bytes") as refusal:
        homes.keys(tmp_path, {"TRADEWIND_KEY": bad})
    assert bad not in str(refusal.value)


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="wants a folder"):
        homes.make(tmp_path / "file")
