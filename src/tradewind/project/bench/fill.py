"""A desk filled to any size within minutes: rows made by the database itself, texts by the sample.

The rows have the shape of real ones (several messages, readings, orders, clocks, six agents,
a tenth unassigned, 85 % resolved); only their making is short-cut.
"""

from __future__ import annotations

import psycopg

from tradewind.inbox.words import tokens
from tradewind.project.bench.texts import texts

AGENTS = 6

_TEXTS = "CREATE TEMP TABLE bench_text (n int PRIMARY KEY, subject text, body text, words text[])"

_CONVERSATIONS = """
INSERT INTO inbox_conversation (workspace_id, channel_id, external_id, reply_context, platform,
    subject, buyer_name, country, state, assignee_id, assigned_because, language, intent, complaint,
    emotion, threats, urgency, priority, platform_due_at, company_due_at, rank_at, preview,
    last_message_at, last_is_ours, message_count, unread_count, has_failed_send, created_at)
SELECT c.workspace_id, c.id, 'bench-' || g, '{}',
    (ARRAY['amazon','shopify','ebay','aliexpress'])[1 + g %% 4],
    t.subject, 'Buyer ' || g, (ARRAY['DE','US','GB','FR','JP'])[1 + g %% 5],
    CASE WHEN g %% 100 < 85 THEN 'resolved' ELSE 'open' END,
    CASE WHEN g %% 10 = 0 THEN NULL ELSE people.ids[1 + g %% cardinality(people.ids)] END, '',
    (ARRAY['de','en','en','fr','ja'])[1 + g %% 5],
    (ARRAY['logistics.tracking','logistics.delay','product.defect','payment.refund_status',
        'product.size','order.cancel'])[1 + g %% 6],
    (ARRAY['none','explicit','implicit'])[1 + g %% 3],
    (ARRAY['calm','angry','anxious'])[1 + g %% 3],
    CASE WHEN g %% 50 = 0 THEN ARRAY['bad_review'] ELSE ARRAY[]::varchar[] END, 'normal', g %% 60,
    at + interval '24 hours', at + interval '4 hours', at + interval '4 hours',
    left(t.body, 200), at, false, 2, g %% 2, false, at
FROM generate_series(%(first)s::int, %(last)s::int) g
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => (%(total)s - g) * 5.0) AS at) ago
JOIN bench_text t ON t.n = g %% %(texts)s
CROSS JOIN (SELECT * FROM channels_channel WHERE platform = 'api' LIMIT 1) c
CROSS JOIN (SELECT array_agg(person_id ORDER BY person_id) AS ids FROM identity_membership) people
"""

_MESSAGES_SQL = """
INSERT INTO inbox_message (workspace_id, conversation_id, channel_id, external_id, direction,
    author_name, subject, text, quoted, html, headers, is_auto, sent_at, created_at)
SELECT c.workspace_id, c.id, c.channel_id, 'bench-' || c.id || '-' || part, CASE part WHEN 0
    THEN 'in' ELSE 'out' END, c.buyer_name, c.subject, t.body, '', '', '{}', false,
    c.created_at + part * interval '1 hour', c.created_at
FROM inbox_conversation c CROSS JOIN generate_series(0, 1) part
JOIN bench_text t ON t.n = (c.id + part) %% %(texts)s
WHERE c.id > %(after)s
"""

_READINGS = """
INSERT INTO triage_reading (workspace_id, message_id, model, map_version, language, intent,
    confidence, also, complaint, emotion, threats, urgency, entities, evidence, created_at)
SELECT m.workspace_id, m.id, 'bench', 1, c.language, c.intent, 0.8, '{}', c.complaint, c.emotion,
    c.threats, c.urgency, '{}', '[]', m.created_at
FROM inbox_message m JOIN inbox_conversation c ON c.id = m.conversation_id
WHERE m.direction = 'in' AND c.id > %(after)s
"""

# One message in ten thousand holds the rare word.
_WORDS = """
INSERT INTO inbox_searchtext (workspace_id, message_id, conversation_id, words)
SELECT m.workspace_id, m.id, m.conversation_id, array_to_tsvector(
    CASE WHEN m.id %% 10000 = 7 THEN t.words || 'zyzzyva'::text ELSE t.words END)
FROM inbox_message m JOIN bench_text t ON t.n = m.id %% %(texts)s
WHERE m.conversation_id > %(after)s
"""


def prepare(connection: psycopg.Connection) -> None:
    """Texts, and six agents who share the work; the desk has its API channel already."""
    connection.execute(_TEXTS)
    rows = [(n, s[:200], b, tokens(f"{s} {b}")) for n, (s, b) in enumerate(texts())]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO bench_text VALUES (%s, %s, %s, %s)", rows)
    connection.execute(
        "INSERT INTO identity_person (password, email, name, language, theme, density, timezone,"
        " is_active, created_at) SELECT '', 'agent' || g || '@bench.example', 'Agent ' || g, 'en',"
        " 'system', 'normal', 'UTC', true, now() FROM generate_series(1, %s) g",
        [AGENTS],
    )
    connection.execute(
        "INSERT INTO identity_membership (workspace_id, person_id, role, languages, on_duty,"
        " capacity, created_at) SELECT w.id, p.id, 'agent', '{}', true, 60, now()"
        " FROM identity_person p CROSS JOIN identity_workspace w"
        " WHERE p.email LIKE '%%@bench.example'"
    )


def fill(connection: psycopg.Connection, *, have: int, want: int) -> None:
    """Bring the desk from ``have`` to ``want`` conversations, newest last."""
    after = connection.execute("SELECT COALESCE(max(id), 0) FROM inbox_conversation").fetchone()
    params = {
        "first": have + 1,
        "last": want,
        "total": want,
        "texts": len(texts()),
        "after": after[0] if after else 0,
    }
    for statement in (_CONVERSATIONS, _MESSAGES_SQL, _READINGS, _WORDS):
        connection.execute(statement, params)
    connection.execute("VACUUM (ANALYZE)")
