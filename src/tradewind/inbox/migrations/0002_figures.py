"""Figures for /metrics, across workspaces and without naming any."""

from django.db import migrations

FIGURES = """
CREATE OR REPLACE FUNCTION project_figures() RETURNS TABLE (name text, value double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT 'database_up', 1.0
    UNION ALL SELECT 'deliveries_waiting', count(*) FROM channels_delivery WHERE state = 'waiting'
    UNION ALL SELECT 'deliveries_oldest_waiting_seconds',
        COALESCE(extract(epoch FROM now() - min(received_at)), 0)
        FROM channels_delivery WHERE state = 'waiting'
    UNION ALL SELECT 'deliveries_failed', count(*) FROM channels_delivery WHERE state = 'failed'
    UNION ALL SELECT 'replies_queued', count(*) FROM inbox_outgoing
        WHERE state IN ('queued', 'sending')
    UNION ALL SELECT 'replies_failed', count(*) FROM inbox_conversation WHERE has_failed_send
    UNION ALL SELECT 'messages_unindexed', count(*) FROM inbox_pending
$$
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial"), ("channels", "0002_doors")]
    operations = [migrations.RunSQL(FIGURES, "DROP FUNCTION project_figures()")]
