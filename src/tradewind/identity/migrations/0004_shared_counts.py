"""Attempts at the second step are counted in one place for all web processes: Django's cache."""

from django.db import migrations

# What `createcachetable` would make; it cannot be told to work as the owner inside of migrate.
TABLE = """
CREATE TABLE django_cache (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX django_cache_expires ON django_cache (expires)
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_fewer_indexes")]
    operations = [migrations.RunSQL(TABLE, "DROP TABLE django_cache")]
