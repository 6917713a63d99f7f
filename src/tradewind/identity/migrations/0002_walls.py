"""What the database itself guarantees: tokens found by digest alone, an audit log that only grows."""

from django.db import migrations

# SECURITY DEFINER: a caller without a workspace learns one row if it knows the secret, nothing else.
# pg_temp comes last: first, as it is unless named, a caller's own table would be found before ours and
# its triggers would run with the rights of the owner.
FIND_TOKEN = """
CREATE OR REPLACE FUNCTION identity_find_token(wanted text)
RETURNS TABLE (id bigint, workspace_id bigint, scopes varchar[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE identity_token t SET last_used_at = now()
    WHERE t.digest = wanted AND t.revoked_at IS NULL
      AND (t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute');
    RETURN QUERY SELECT t.id, t.workspace_id, t.scopes FROM identity_token t
    WHERE t.digest = wanted AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > now());
END $$
"""

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION identity_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A workspace that is deleted as a whole takes its log along; nothing else may.
    IF TG_OP = 'DELETE' AND NOT EXISTS (
        SELECT 1 FROM identity_workspace w WHERE w.id = OLD.workspace_id
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON identity_auditentry
FOR EACH ROW EXECUTE FUNCTION identity_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [
        migrations.RunSQL(FIND_TOKEN, "DROP FUNCTION identity_find_token(text)"),
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER audit_append_only ON identity_auditentry;"
            " DROP FUNCTION identity_refuse_change()",
        ),
    ]
