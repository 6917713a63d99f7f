"""The word index is reached through the wall; the resolved have an order of their own."""

from django.db import migrations, models
from django.db.models import Q

# Row-level security keeps the planner from an index of words: matching a tsquery is not leakproof, so
# the wall's condition would have to come first, row by row. SECURITY DEFINER goes round that and holds
# the wall itself: the workspace is the one entered, never a parameter. Only the word index is left to
# the planner: it takes every word for frequent and would rather read the newest messages one by one.
HOLDING = """
CREATE OR REPLACE FUNCTION inbox_holding(wanted tsquery, most integer)
RETURNS TABLE (conversation_id bigint, message_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT s.conversation_id, s.message_id FROM inbox_searchtext s
    WHERE s.words @@ wanted
      AND s.workspace_id = NULLIF(current_setting('tradewind.workspace', true), '')::bigint
    LIMIT most
$$
"""


class Migration(migrations.Migration):
    dependencies = [("inbox", "0004_fewer_indexes")]
    operations = [
        migrations.RunSQL(HOLDING, "DROP FUNCTION inbox_holding(tsquery, integer)"),
        migrations.AddIndex(
            "conversation",
            models.Index(
                "workspace", "rank_at", "id",
                condition=Q(state="resolved"), name="conv_resolved",
            ),
        ),
    ]
