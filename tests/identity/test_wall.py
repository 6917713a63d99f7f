"""Row-level security: the second wall stands even where a query forgets the workspace."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection

from tradewind.channels.models import Channel
from tradewind.identity import services as identity
from tradewind.identity.models import AuditEntry, Membership
from tradewind.identity.owned import Owned, owned_models
from tradewind.identity.scope import in_workspace


def _channel(workspace_id: int, key: str) -> Channel:
    with in_workspace(workspace_id):
        return Channel.objects.create(key=key, platform="api", name=key)


def test_the_application_role_can_neither_bypass_the_wall_nor_own_a_table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_tables WHERE tableowner"
            " = current_user) FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, 0)


def test_every_table_with_a_workspace_has_the_wall(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE a.attname = 'workspace_id' AND c.relkind = 'r' AND NOT c.relrowsecurity"
        )
        assert cursor.fetchall() == []
    assert {m._meta.label for m in owned_models()} == {
        m._meta.label for m in apps.get_models() if issubclass(m, Owned)
    }


def test_a_query_without_a_filter_sees_only_the_workspace_entered(cast):
    _channel(cast.workspace.pk, "ch_ours")
    _channel(cast.other.pk, "ch_theirs")
    with in_workspace(cast.workspace.pk):
        assert [c.key for c in Channel.objects.all()] == ["ch_ours"]
    with in_workspace(cast.other.pk):
        assert [c.key for c in Channel.objects.all()] == ["ch_theirs"]
    assert list(Channel.objects.all()) == []


def test_a_row_cannot_be_written_into_another_workspace(cast):
    with in_workspace(cast.workspace.pk), pytest.raises(DatabaseError, match="row-level security"):
        Channel.objects.create(workspace=cast.other, key="ch_x", platform="api", name="x")


def test_a_row_of_another_workspace_cannot_be_changed_or_deleted(cast):
    theirs = _channel(cast.other.pk, "ch_theirs")
    with in_workspace(cast.workspace.pk):
        assert Channel.objects.filter(pk=theirs.pk).update(name="taken") == 0
        assert Channel.objects.filter(pk=theirs.pk).delete()[0] == 0


def test_a_person_finds_their_own_memberships_before_a_workspace_is_chosen(cast):
    mine = identity.workspaces_of(cast.people.charlie)
    assert [m.workspace.name for m in mine] == ["Elsewhere"]
    assert list(Membership.objects.all()) == []


def test_the_audit_log_only_grows(in_alices):
    identity.audit(in_alices.alice, "test.done")
    entry = AuditEntry.objects.get()
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.filter(pk=entry.pk).update(act="test.undone")


def test_the_audit_log_cannot_be_emptied(in_alices):
    identity.audit(in_alices.alice, "test.done")
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.all().delete()
