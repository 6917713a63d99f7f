"""The two questions that are asked before a workspace is known: whose key, and who has work waiting."""

from django.db import migrations

BY_KEY = """
CREATE OR REPLACE FUNCTION channels_by_key(wanted text)
RETURNS TABLE (id bigint, workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id, c.workspace_id FROM channels_channel c WHERE c.key = wanted
$$
"""

# A loose index scan: one step per workspace, however many deliveries wait.
WAITING = """
CREATE OR REPLACE FUNCTION channels_waiting() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE w AS (
        (SELECT workspace_id FROM channels_delivery WHERE state = 'waiting'
         ORDER BY workspace_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.workspace_id FROM channels_delivery d
                WHERE d.state = 'waiting' AND d.workspace_id > w.workspace_id
                ORDER BY d.workspace_id LIMIT 1)
        FROM w WHERE w.workspace_id IS NOT NULL
    )
    SELECT workspace_id FROM w WHERE workspace_id IS NOT NULL
$$
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]
    operations = [
        migrations.RunSQL(BY_KEY, "DROP FUNCTION channels_by_key(text)"),
        migrations.RunSQL(WAITING, "DROP FUNCTION channels_waiting()"),
    ]
