"""What the application's own database role may do, said in raw SQL: as after an injection."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from tradewind.identity.scope import in_workspace


def rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


FORBIDDEN = [
    "SET ROLE tradewind_owner",
    "SET SESSION AUTHORIZATION tradewind_owner",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "ALTER TABLE inbox_message DISABLE ROW LEVEL SECURITY",
    "DROP POLICY workspace_wall ON inbox_message",
    "CREATE POLICY mine ON inbox_message USING (true)",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "CREATE ROLE mighty SUPERUSER",
    "CREATE TABLE public.mine (a int)",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION channels_by_key(wanted text) RETURNS TABLE (id bigint,"
    " workspace_id bigint) LANGUAGE sql AS 'SELECT 1::bigint, 1::bigint'",
    "ALTER TABLE identity_auditentry DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "TRUNCATE identity_auditentry",
    "DELETE FROM identity_auditentry",
    "COPY identity_person TO PROGRAM 'id'",
    "COPY identity_person TO '/tmp/x'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE EXTENSION plpython3u",
    "ALTER SYSTEM SET log_statement = 'all'",
    "CREATE TRIGGER t BEFORE UPDATE ON identity_token FOR EACH ROW EXECUTE FUNCTION"
    " identity_refuse_change()",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_cannot_walk_around_its_wall(world: SimpleNamespace, statement: str) -> None:
    with in_workspace(world.workspace.pk):
        try:
            with pytest.raises(DatabaseError), transaction.atomic():
                rows(statement)
        finally:
            connection.needs_rollback = False


def test_switching_row_security_off_shows_no_row(world: SimpleNamespace) -> None:
    with transaction.atomic():
        rows("SET LOCAL row_security = off")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows("SELECT * FROM inbox_message")


def test_outside_of_a_workspace_no_owned_table_shows_a_row(world: SimpleNamespace) -> None:
    owned = rows("SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                 " WHERE a.attname = 'workspace_id' AND c.relkind = 'r'")  # fmt: skip
    assert len(owned) > 20
    for (table,) in owned:
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table


# The whole list of what runs with the owner's rights, and what it may give away.
DEFINERS = {
    "identity_find_token": "one token for its digest",
    "channels_by_key": "two ids for an unguessable key",
    "channels_waiting": "ids of workspaces that have work",
    "project_figures": "counts over all workspaces",
    "inbox_holding": "ids of the messages of the workspace entered that hold some words",
}


def test_nothing_else_runs_with_the_owners_rights(db: None) -> None:
    found = rows("SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON"
                 " n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname = 'public'")  # fmt: skip
    assert {name for name, _ in found} == set(DEFINERS)
    for name, settings in found:
        # Without pg_temp at the end, tables that a caller makes are found before the real ones.
        assert settings[0] == "search_path=pg_catalog, public, pg_temp", name
        assert all(setting.startswith("enable_") for setting in settings[1:]), name


def test_a_table_of_the_callers_own_does_not_lend_the_owners_rights(world: SimpleNamespace) -> None:
    """The caller's trigger on the caller's table would run as the owner, past every wall."""
    with transaction.atomic():
        rows("CREATE TEMP TABLE identity_token (id bigint, workspace_id bigint, digest text,"
             " scopes varchar[], revoked_at timestamptz, last_used_at timestamptz,"
             " expires_at timestamptz)")  # fmt: skip
        rows("CREATE TEMP TABLE stolen (who text, text text)")
        rows("GRANT ALL ON stolen, identity_token TO PUBLIC")
        rows("INSERT INTO identity_token VALUES (1, 1, 'd', '{}')")
        rows("CREATE FUNCTION pg_temp.steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
             " INSERT INTO pg_temp.stolen SELECT current_user, m.text FROM public.inbox_message m;"
             " RETURN NEW; END $$")  # fmt: skip
        rows("CREATE TRIGGER t BEFORE UPDATE ON identity_token FOR EACH ROW"
             " EXECUTE FUNCTION pg_temp.steal()")  # fmt: skip
        assert rows("SELECT * FROM identity_find_token('d')") == []
        assert rows("SELECT * FROM stolen") == []


def test_the_doors_tell_no_more_than_they_must(world: SimpleNamespace) -> None:
    assert rows("SELECT * FROM identity_find_token('')") == []
    assert rows("SELECT * FROM identity_find_token('%')") == []
    assert rows("SELECT * FROM channels_by_key('%')") == []
    names = {name for name, _ in rows("SELECT * FROM project_figures()")}
    assert all("zqx" not in str(name) for name in names)
